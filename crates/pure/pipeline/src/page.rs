/// What GitHub takes is 1 MiB a step, the summaries that others append to the file included.
pub(crate) const LIMIT: usize = 900 * 1024;
const CUT: &str = "\nThe rest is cut: a page may have 900 KiB.\n";

/// A block that opens on a click. `title` is ours.
pub(crate) fn details(title: &str, block: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{block}\n</details>\n\n")
}

/// A page that grows by whole blocks up to a size. From the first one that does not fit nothing is added.
#[derive(Default)]
pub(crate) struct Page {
    text: String,
    is_cut: bool,
}

impl Page {
    /// Adds a block, or a row of one.
    pub(crate) fn add(&mut self, block: &str) {
        self.is_cut |= self.text.len() + block.len() + CUT.len() > LIMIT;
        if !self.is_cut {
            self.text.push_str(block);
        }
    }

    /// Whether nothing more is added, so that nobody need prepare it.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The text, with a line that says where it was cut.
    pub(crate) fn end(mut self) -> String {
        if self.is_cut {
            self.text.push_str(CUT);
        }
        self.text
    }
}
