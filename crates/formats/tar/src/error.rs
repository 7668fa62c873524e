use sage_oci_tree::PathError;
use std::io;

/// Why an archive could not be read.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum TarError {
    /// The reader underneath failed; the bytes themselves may be fine.
    #[error("cannot read the archive: {0}")]
    Io(#[source] io::Error),
    /// The bytes end before the archive does.
    #[error("the archive is truncated in {place}")]
    Truncated {
        /// Where it is cut.
        place: String,
    },
    /// Bytes other than zeros follow where the archive must end.
    #[error("unexpected bytes follow the end of the tar stream")]
    TrailingBytes,
    /// A header breaks the format.
    #[error("tar entry `{entry}` is malformed: {why}")]
    Header {
        /// The entry's name as far as it can be read.
        entry: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// A name or link target would lead outside the tree, or cannot be a path.
    #[error("tar entry `{entry}` has an unsafe path `{path}`: {why}")]
    UnsafePath {
        /// The entry's name.
        entry: String,
        /// The name or target at fault.
        path: String,
        /// The rule it breaks.
        why: PathError,
    },
    /// An entry of a kind that no image may get, such as a device node.
    #[error("tar entry `{entry}` is a {kind}, which is refused")]
    RefusedKind {
        /// The entry's name.
        entry: String,
        /// The kind as a person would say it.
        kind: &'static str,
    },
}

/// A [`TarError`] travels through readers inside an [`io::Error`]; this takes it out again.
impl From<io::Error> for TarError {
    fn from(error: io::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(Self::Io)
    }
}

/// So that a reader on top of an archive can pass the error on as it is.
impl From<TarError> for io::Error {
    fn from(error: TarError) -> Self {
        let kind = match error {
            // The reader's own error, which may hold one of its caller's.
            TarError::Io(inner) => return inner,
            TarError::Truncated { .. } => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

/// Reads until `buffer` is full or the input ends; returns how much there was. Unlike `read_exact` it tells an end that is in order from
/// one that is not.
///
/// # Errors
/// The reader's own, but for interruptions.
pub fn fill(reader: &mut impl io::Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
