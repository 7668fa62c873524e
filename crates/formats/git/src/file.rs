/// A file below `.git`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryFile {
    /// Its path below `.git`.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
}

impl RepositoryFile {
    pub(crate) fn new(path: &str, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.to_owned(), content: content.into() }
    }
}
