use crate::statvfs::free_bytes;
use sage_oci_hint::Hint;
use std::io;
use std::path::{Path, PathBuf};

/// A file operation that failed: what was tried, on which path, and what the system said.
///
/// The message holds all three, and [`std::error::Error::source`] is empty, so that a printer that walks the chain
/// of causes does not say the same thing twice.
#[derive(Debug)]
pub struct FileError {
    /// What was tried, as the verb of a sentence: `read`, `create directory`.
    pub action: &'static str,
    /// The path it was tried on.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl FileError {
    /// Makes the closure that gives an [`io::Error`] its action and path: `.map_err(FileError::at("read", path))`.
    pub fn at(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> FileError {
        move |source| FileError { action, path: path.as_ref().to_owned(), source }
    }

    /// The kind of the system's error, to tell an absent file from a broken one.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }

    /// Whether the path was absent.
    pub fn is_not_found(&self) -> bool {
        self.kind() == io::ErrorKind::NotFound
    }

    /// Whether the same operation can succeed when it is simply done again.
    pub fn should_retry(&self) -> bool {
        matches!(self.kind(), io::ErrorKind::Interrupted | io::ErrorKind::ResourceBusy)
    }
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot {} `{}`: {}", self.action, self.path.display(), self.source)
    }
}

// By hand and not by `thiserror`, which would make `source` part of the chain although the message holds it.
impl std::error::Error for FileError {}

impl Hint for FileError {
    /// For a full disk it looks at the file system anew and tells how much is free now.
    fn hint(&self) -> Option<String> {
        let path = self.path.display();
        match self.kind() {
            io::ErrorKind::StorageFull => Some(match free_bytes(&self.path) {
                Ok(free) => format!(
                    "the file system that holds `{path}` is full ({} MB free now); free some space there, or set \
                     SAGE_OCI_CACHE or TMPDIR to a place with more",
                    free / 1_000_000
                ),
                Err(_) => format!("the file system that holds `{path}` is full; free some space there"),
            }),
            io::ErrorKind::QuotaExceeded => Some("your disk quota is used up; free some space".to_owned()),
            io::ErrorKind::PermissionDenied => Some(format!(
                "you may not {} `{path}`; look at its owner and mode (`ls -ld`), or run as the user who owns it",
                self.action
            )),
            io::ErrorKind::ReadOnlyFilesystem => Some(format!(
                "`{path}` lies on a file system that is mounted read-only; choose a place that can be written"
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: io::ErrorKind) -> FileError {
        FileError::at("write", "/proc/version")(io::Error::from(kind))
    }

    #[test]
    fn a_message_names_action_path_and_reason_once() {
        let error = crate::read("/no/such/file").unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("cannot read `/no/such/file`: No such file or directory"), "{text}");
        assert!(error.is_not_found());
        assert!(std::error::Error::source(&error).is_none());
    }

    #[test]
    fn hints_fit_the_reason() {
        let full = FileError::at("write", "/tmp/not/there/yet")(io::ErrorKind::StorageFull.into()).hint().unwrap();
        assert!(full.contains("MB free now"), "{full}");
        assert!(error(io::ErrorKind::PermissionDenied).hint().unwrap().contains("ls -ld"));
        assert!(error(io::ErrorKind::ReadOnlyFilesystem).hint().unwrap().contains("read-only"));
        assert_eq!(error(io::ErrorKind::NotFound).hint(), None);
    }
}
