use sage_oci_meson::{Cross, Description, MesonError, Places, Written};

/// How a project's tree is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The folder below which modules lie as they do where they are installed, as `src`.
    pub folder: String,
    /// The top folder of the modules, below that one, as `sage`.
    pub top: String,
    /// Folders that programs which generate sources are taken from.
    pub generators: Vec<String>,
    /// Where the tree lies while it is compiled.
    pub places: Places,
    /// The compilers, where it is compiled for another machine than the one that compiles.
    pub cross: Option<Cross>,
}

impl Shape {
    /// Reads what meson wrote of a tree of this shape.
    ///
    /// # Errors
    /// [`MesonError`].
    pub fn describe(&self, written: Written<'_>) -> Result<Description, MesonError> {
        match &self.cross {
            Some(cross) => cross.describe(written, &self.places),
            None => Description::parse(written, &self.places),
        }
    }

    /// The installed path of a file of the tree, if it is one of the modules' folder: `sage/all.py` for `src/sage/all.py`.
    pub fn installed<'p>(&self, path: &'p str) -> Option<&'p str> {
        let below = path.strip_prefix(&self.folder)?.strip_prefix('/')?;
        below.strip_prefix(&self.top)?.starts_with('/').then_some(below)
    }

    /// The tree's path of an installed file.
    pub fn source(&self, installed: &str) -> String {
        format!("{}/{installed}", self.folder)
    }

    /// Whether a file takes part in generating sources.
    pub(crate) fn generates(&self, path: &str) -> bool {
        self.generators.iter().any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
    }
}
