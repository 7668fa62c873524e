use std::fmt;
use std::path::PathBuf;

/// Where credentials are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file in docker's or podman's format.
    File(PathBuf),
    /// Such a file's text in an environment variable.
    Variable(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => write!(f, "`{}`", path.display()),
            Place::Variable(name) => write!(f, "the variable `{name}`"),
        }
    }
}
