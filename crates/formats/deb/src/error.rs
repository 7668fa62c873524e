use sage_oci_tar::TarError;
use std::io;

/// Why an archive or an index could not be read.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum DebError {
    /// The reader underneath failed; the bytes themselves may be fine.
    #[error("cannot read the archive: {0}")]
    Io(#[source] io::Error),
    /// The first bytes are not those of an ar archive.
    #[error("this is not a Debian archive: it does not begin with `!<arch>`")]
    #[hint("fetch the file again and compare its SHA-256 with the index")]
    NotAnArchive,
    /// A header between the members of the ar archive is malformed.
    #[error("the ar header of member `{member}` is malformed: {why}")]
    #[hint("check the file with `dpkg-deb --info`")]
    ArHeader {
        /// The member's name as far as it can be read.
        member: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// The bytes end before the archive does.
    #[error("the archive is truncated in {place}")]
    #[hint("fetch the file again and compare its SHA-256 with the index")]
    Truncated {
        /// The member or entry that is cut.
        place: String,
    },
    /// A member that deb(5) requires is absent.
    #[error("the archive has no `{member}` member")]
    #[hint("check the file with `dpkg-deb --info`")]
    MissingMember {
        /// The member's name.
        member: &'static str,
    },
    /// A member stands where another must.
    #[error("the archive has member `{found}` where `{expected}` must be")]
    #[hint("check the file with `dpkg-deb --info`")]
    UnexpectedMember {
        /// The member that is there.
        found: String,
        /// The member that must be there.
        expected: &'static str,
    },
    /// `debian-binary` names another format than 2.x.
    #[error("the archive has format version `{found}`, only 2.x is known")]
    #[hint("check the file with `dpkg-deb --info`")]
    Version {
        /// The text of `debian-binary`.
        found: String,
    },
    /// The member's suffix names a compression that is not read.
    #[error("member `{member}` has an unknown compression; none, .gz, .xz and .zst are known")]
    #[hint("rebuild the package with `dpkg-deb -Zxz`")]
    UnknownCompression {
        /// The member's name.
        member: String,
    },
    /// The decompressor refuses the bytes.
    #[error("member `{member}` cannot be decompressed: {why}")]
    #[hint("fetch the file again and compare its SHA-256 with the index")]
    Corrupt {
        /// The member's name.
        member: String,
        /// What the decompressor says.
        why: String,
    },
    /// More bytes come out than the caller allows.
    #[error("member `{member}` unpacks to more than {limit} bytes")]
    #[hint(
        "if the package is really that large, raise the limit; an archive that unpacks far beyond its Installed-Size is hostile"
    )]
    TooLarge {
        /// The member's name.
        member: String,
        /// The caller's limit in bytes.
        limit: u64,
    },
    /// Bytes follow where the archive or a member must end.
    #[error("unexpected bytes follow the end of {place}")]
    #[hint("check the file with `dpkg-deb --info`")]
    TrailingBytes {
        /// The member or stream that should have ended.
        place: String,
    },
    /// An entry of a member's tar stream breaks the format, leads outside, or is of a kind that no package has.
    #[error(transparent)]
    #[hint(with = Some(tar_hint(_0)))]
    Tar(TarError),
    /// A line of a deb822 text is malformed.
    #[error("line {line}: {why}")]
    Line {
        /// The line, counted from one.
        line: u64,
        /// The rule it breaks.
        why: &'static str,
    },
    /// A field is absent or its value is not what it must be.
    #[error("{stanza}: field `{field}` {why}")]
    Field {
        /// What the stanza is about: a package, or `Release`.
        stanza: String,
        /// The field's name.
        field: &'static str,
        /// What is wrong, as the end of a sentence.
        why: String,
    },
}

/// What to do about an entry that a package must not have.
fn tar_hint(error: &TarError) -> String {
    match error {
        TarError::UnsafePath { .. } | TarError::RefusedKind { .. } => {
            "Debian's archive has no such packages: check where this one comes from"
        }
        _ => "check the file with `dpkg-deb --info`",
    }
    .to_owned()
}

/// What may happen to every part of an archive is the archive's error, wherever it happens.
impl From<TarError> for DebError {
    fn from(error: TarError) -> Self {
        match error {
            TarError::Io(error) => Self::from(error),
            TarError::Truncated { place } => Self::Truncated { place },
            TarError::TrailingBytes => Self::TrailingBytes { place: "the tar stream".into() },
            error => Self::Tar(error),
        }
    }
}

/// A [`DebError`] travels through readers inside an [`io::Error`]; this takes it out again, or what the tar reader had put there.
impl From<io::Error> for DebError {
    fn from(error: io::Error) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(error) => return error,
            Err(error) => error,
        };
        error.downcast::<TarError>().map_or_else(Self::Io, Self::from)
    }
}

/// So that a reader on top of an archive can pass the error on as it is.
impl From<DebError> for io::Error {
    fn from(error: DebError) -> Self {
        let kind = match &error {
            DebError::Io(inner) => inner.kind(),
            DebError::Truncated { .. } => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}
