use crate::error::line_of;

/// A value and where its definition stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// The file's name as the caller gave it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

impl<T> Located<T> {
    pub(crate) fn new(file: &str, text: &str, spanned: toml::Spanned<T>) -> Self {
        let line = line_of(text, spanned.span().start);
        Self { value: spanned.into_inner(), file: file.to_owned(), line }
    }
}
