use std::borrow::Cow;
use std::collections::BTreeMap;

/// The files of a source folder, by paths below it, as `sage/rings/integer.pyx`.
pub trait Sources {
    /// Whether a file is there.
    fn contains(&self, path: &str) -> bool;
    /// A file's content; nothing where it is not there or cannot be read.
    fn read(&self, path: &str) -> Option<Cow<'_, [u8]>>;
}

/// Files in memory.
impl Sources for BTreeMap<String, Vec<u8>> {
    fn contains(&self, path: &str) -> bool {
        self.contains_key(path)
    }

    fn read(&self, path: &str) -> Option<Cow<'_, [u8]>> {
        self.get(path).map(|content| Cow::Borrowed(content.as_slice()))
    }
}
