/// Why a text is no path of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[error("{}", self.why())]
pub enum PathError {
    /// There is no text.
    Empty,
    /// It begins with a slash where none may stand.
    Absolute,
    /// It holds a NUL character, which no file name has.
    Nul,
    /// It has a `..` component.
    Parent,
    /// It has a `.` component, where the form must be the normal one.
    Dot,
    /// It has an empty component, where the form must be the normal one: two slashes, or one at the end.
    EmptyComponent,
    /// It has a slash, where it must be one name.
    Slash,
}

impl PathError {
    /// The rule that the text breaks, as the end of a sentence.
    pub fn why(self) -> &'static str {
        match self {
            Self::Empty => "it is empty",
            Self::Absolute => "it is absolute",
            Self::Nul => "it holds a NUL character",
            Self::Parent => "it has a `..` component",
            Self::Dot => "it has a `.` component",
            Self::EmptyComponent => "it has an empty component",
            Self::Slash => "it has a slash",
        }
    }
}
