use crate::{ImageChange, LockDiff, PackageChange, Standing};
use sage_oci_names::PackageName;
use std::collections::BTreeSet;

impl LockDiff {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.changed.is_empty()
            && self.moved.is_empty()
            && self.described.is_empty()
            && self.left_out.is_empty()
            && self.images.is_empty()
            && !self.redated
            && self.layers.is_empty()
            && self.assigned.is_empty()
            && self.suites.is_empty()
            && self.effects_added + self.effects_removed == 0
            && !self.effects_reordered
            && self.interpreters.is_empty()
            && self.compilers.is_empty()
    }

    /// Lines for people, the sum first.
    pub fn lines(&self) -> Vec<String> {
        self.lines_beside(&BTreeSet::new())
    }

    /// The same without lines for new versions of some packages, which were told already.
    pub fn lines_beside(&self, told: &BTreeSet<&PackageName>) -> Vec<String> {
        if self.is_empty() {
            return vec!["nothing changes".to_owned()];
        }
        let mut lines = vec![
            format!("{} changed, {} added, {} removed", self.changed.len(), self.added.len(), self.removed.len()),
            format!(
                "{} to fetch for a build, about {} to pull in {} layers",
                bytes(self.fetch_bytes),
                bytes(self.pull_bytes),
                self.pull_layers
            ),
        ];
        if self.redated {
            lines.push("every layer is made anew: the time stamp of all files differs".to_owned());
        }
        let package = |sign: char, package: &PackageChange| {
            format!("{sign} {} {} in {} ({})", package.name, package.version, package.layer, bytes(package.size))
        };
        for change in self.changed.iter().filter(|change| !told.contains(&change.name)) {
            let what = match (change.from == change.to, change.downgrade) {
                (true, _) => format!("{} rebuilt", change.to),
                (false, true) => format!("{} -> {} (downgrade)", change.from, change.to),
                (false, false) => format!("{} -> {}", change.from, change.to),
            };
            let mark = if change.security { ", security" } else { "" };
            lines.push(format!("~ {} {what} in {} ({}){mark}", change.name, change.layer, bytes(change.size)));
        }
        lines.extend(self.added.iter().map(|change| package('+', change)));
        lines.extend(self.removed.iter().map(|change| package('-', change)));
        lines.extend(self.moved.iter().map(|name| format!("> {name} moves to another layer")));
        let said = |what: &[&str]| what.join(", ");
        lines.extend(self.described.iter().map(|note| format!("= {} differs in {}", note.name, said(&note.what))));
        lines.extend(self.left_out.iter().map(|name| format!("! {name} is left out in one lock only, or differently")));
        lines.extend(self.images.iter().map(image));
        for layer in &self.layers {
            lines.push(match layer.bytes {
                0 => format!("layer {}: gone", layer.name),
                size => format!("layer {}: {} archives differ, {} in all", layer.name, layer.archives, bytes(size)),
            });
        }
        lines.extend(self.assigned.iter().map(|layer| format!("layer {layer}: other sources are assigned to it")));
        lines.extend(self.suites.iter().map(|note| format!("suite {}: {}", note.name, said(&note.what))));
        if self.effects_reordered {
            lines.push("effects: in another order".to_owned());
        }
        if self.effects_added + self.effects_removed > 0 {
            lines.push(format!("effects: {} new, {} gone", self.effects_added, self.effects_removed));
        }
        lines.extend(self.interpreters.iter().map(|machine| format!("the Python for builds on {machine} differs")));
        lines.extend(self.compilers.iter().map(|machine| format!("the compilers for builds on {machine} differ")));
        lines
    }
}

fn image(change: &ImageChange) -> String {
    match change.standing {
        Standing::Added => format!("image {}: new", change.name),
        Standing::Removed => format!("image {}: gone", change.name),
        Standing::Changed => format!("image {}: {}", change.name, change.what.join("; ")),
    }
}

/// A size in decimal units, as download sizes are given.
fn bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size} B"),
        1_000..1_000_000 => format!("{}.{} kB", size / 1_000, size % 1_000 / 100),
        1_000_000..1_000_000_000 => format!("{}.{} MB", size / 1_000_000, size % 1_000_000 / 100_000),
        _ => format!("{}.{:02} GB", size / 1_000_000_000, size % 1_000_000_000 / 10_000_000),
    }
}
