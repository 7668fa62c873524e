/// Why a wheel cannot be installed.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum WheelError {
    /// It is no zip archive, or a broken one.
    #[error("it is no readable zip archive")]
    #[hint(none)]
    Zip(#[from] zip::result::ZipError),
    /// A file in it cannot be read.
    #[error("`{path}` in it cannot be read")]
    Read {
        /// The file.
        path: String,
        /// What the reader said.
        source: std::io::Error,
    },
    /// It unpacks to more than is allowed.
    #[error("it unpacks to more than {limit} bytes")]
    TooLarge {
        /// The most that is allowed.
        limit: u64,
    },
    /// A path that leads elsewhere, comes twice, or has a place that wheels do not know.
    #[error("the path `{path}` in it {why}")]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It is another distribution, or another version, than was asked for.
    #[error("it has no `{expected}`: it is not the wheel of this name and version")]
    OtherDistribution {
        /// The file that a wheel of this name and version has.
        expected: String,
    },
    /// One of its own descriptions breaks its form.
    #[error("`{file}` in it is malformed: {why}")]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// Code that belongs to one architecture.
    #[error("it is for `{tag}`: only wheels without compiled code (`none-any`) are the same on every architecture")]
    NotPure {
        /// The tag.
        tag: String,
    },
    /// A file that `RECORD` does not name.
    #[error("`{path}` is not in its RECORD")]
    NotRecorded {
        /// The file.
        path: String,
    },
    /// A file that is not what `RECORD` says.
    #[error("`{path}` has another digest than its RECORD says")]
    OtherDigest {
        /// The file.
        path: String,
    },
}
