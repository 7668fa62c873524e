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
    /// A tar header breaks the format.
    #[error("tar entry `{entry}` is malformed: {why}")]
    #[hint("check the file with `dpkg-deb --info`")]
    TarHeader {
        /// The entry's name as far as it can be read.
        entry: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// A name or link target would lead outside the tree, or cannot be a path.
    #[error("tar entry `{entry}` has an unsafe path `{path}`: {why}")]
    #[hint("Debian's archive has no such packages: check where this one comes from")]
    UnsafePath {
        /// The entry's name.
        entry: String,
        /// The name or target at fault.
        path: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// An entry of a kind that no image may get from a package, such as a device node.
    #[error("tar entry `{entry}` is a {kind}, which is refused")]
    #[hint("Debian's archive has no such packages: check where this one comes from")]
    RefusedKind {
        /// The entry's name.
        entry: String,
        /// The kind as a person would say it.
        kind: &'static str,
    },
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

/// A [`DebError`] travels through readers inside an [`io::Error`]; this takes it out again.
impl From<io::Error> for DebError {
    fn from(error: io::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(Self::Io)
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

/// Reads until `buffer` is full or the input ends; returns how much there was.
pub(crate) fn fill(reader: &mut impl io::Read, buffer: &mut [u8]) -> io::Result<usize> {
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
