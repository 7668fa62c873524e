use sage_oci_source::{BlobId, SourceTree};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Texts of sources that are scanned, by content.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    all: BTreeMap<BlobId, Vec<u8>>,
}

/// Whether a file's text is looked at to find what it reads: Cython's sources, C's and C++'s.
pub fn is_scanned(path: &str) -> bool {
    let suffix = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, suffix)| suffix);
    matches!(suffix, Some("pyx" | "pxd" | "pxi" | "h" | "hh" | "hpp" | "hxx" | "inc" | "c" | "cc" | "cpp" | "cxx"))
}

impl Texts {
    /// Adds a text.
    pub fn add(&mut self, id: BlobId, text: Vec<u8>) {
        self.all.insert(id, text);
    }

    pub(crate) fn get(&self, id: BlobId) -> Option<&[u8]> {
        self.all.get(&id).map(Vec::as_slice)
    }
}

/// The files below the modules' folder as the scanner sees them: those of the commit, and where these lack one, what the package
/// has generated.
pub(crate) struct Below<'a> {
    pub(crate) tree: &'a SourceTree,
    pub(crate) generated: &'a SourceTree,
    pub(crate) texts: &'a Texts,
    pub(crate) folder: &'a str,
}

impl Below<'_> {
    fn id(&self, path: &str) -> Option<BlobId> {
        let path = format!("{}/{path}", self.folder);
        self.tree.id(&path).or_else(|| self.generated.id(&path))
    }
}

impl sage_oci_cython::Sources for Below<'_> {
    fn contains(&self, path: &str) -> bool {
        self.id(path).is_some()
    }

    fn read(&self, path: &str) -> Option<Cow<'_, [u8]>> {
        self.texts.get(self.id(path)?).map(Cow::Borrowed)
    }
}
