use sage_oci_tar::TarError;
use std::io;

/// Why a layer could not be written or read.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum LayerError {
    /// A path that must not stand in a layer.
    #[error("`{path}` is not a path of a layer: {why}")]
    InvalidPath {
        /// The path.
        path: String,
        /// The rule it breaks.
        why: &'static str,
    },
    /// A link's target that no reader would take.
    #[error("the link `{path}` has a target that cannot be written: {why}")]
    InvalidTarget {
        /// The link.
        path: String,
        /// The rule its target breaks.
        why: &'static str,
    },
    /// A mode with more than twelve bits.
    #[error("`{path}` has mode {mode:o}, which is more than twelve bits")]
    InvalidMode {
        /// The entry.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// An extended attribute whose name cannot be written.
    #[error("`{path}` has an extended attribute with the impossible name `{name}`")]
    InvalidAttribute {
        /// The entry.
        path: String,
        /// The attribute's name.
        name: String,
    },
    /// A path that came before.
    #[error("`{path}` comes twice in one layer")]
    #[hint("leave out all but one of the packages that bring `{path}`")]
    DuplicatePath {
        /// The path.
        path: String,
    },
    /// A directory that came before with another mode, owner or attributes.
    #[error("the directory `{path}` comes twice in one layer, first as {first}, then as {second}")]
    #[hint("decide for one mode and owner of `{path}` with a rule")]
    DirectoryMismatch {
        /// The directory.
        path: String,
        /// Mode and owners of its first entry.
        first: String,
        /// Mode and owners of the second.
        second: String,
    },
    /// A path below something that is no directory.
    #[error("`{path}` lies below `{ancestor}`, which is no directory in this layer")]
    #[hint("move the files below `{ancestor}` to where it points, or leave it out")]
    BelowNonDirectory {
        /// The path.
        path: String,
        /// The ancestor that came before as something else.
        ancestor: String,
    },
    /// A hard link to something that is no earlier file of the layer.
    #[error("the hard link `{path}` names `{target}`, which is no earlier file of this layer")]
    HardLinkTarget {
        /// The link.
        path: String,
        /// What it names.
        target: String,
    },
    /// A hard link with another mode or owner than its file; the later would silently win.
    #[error("the hard link `{path}` has another mode or owner than its file `{target}`")]
    HardLinkMismatch {
        /// The link.
        path: String,
        /// Its file.
        target: String,
    },
    /// A body that ended early or went on too long.
    #[error("`{path}` should have {expected} bytes, but {}", how_long(*.actual))]
    BodySize {
        /// The file.
        path: String,
        /// The length its entry states.
        expected: u64,
        /// The bytes that came; none where there were too many.
        actual: Option<u64>,
    },
    /// A body could not be read.
    #[error("cannot read the bytes of `{path}`")]
    Body {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The compressor failed.
    #[error("{algorithm} could not compress a chunk: {why}")]
    Compress {
        /// The compressor.
        algorithm: &'static str,
        /// What it said.
        why: String,
    },
    /// A thread could not be started.
    #[error("cannot start a thread for writing a layer")]
    Spawn {
        /// Why.
        source: io::Error,
    },
    /// A thread ended before its work was done.
    #[error("a thread that was writing a layer died")]
    WorkerDied,
    /// The blob could not be written.
    #[error("cannot write the layer's blob")]
    #[hint(with = (source.kind() == io::ErrorKind::StorageFull).then(|| "make room on the disk".to_owned()))]
    Write {
        /// Why.
        source: io::Error,
    },
    /// An earlier entry failed, so the layer is not whole.
    #[error("the layer is broken by an earlier error")]
    Broken,
    /// The blob could not be read or decompressed.
    #[error("cannot read the layer's blob")]
    Read {
        /// Why.
        source: io::Error,
    },
    /// What the blob holds is no archive that a layer can be.
    #[error(transparent)]
    #[hint(with = tar_hint(_0))]
    Tar(TarError),
}

/// What is cut off can be got again.
fn tar_hint(error: &TarError) -> Option<String> {
    matches!(error, TarError::Truncated { .. }).then(|| "get the blob again".to_owned())
}

impl LayerError {
    /// Whether the same call may succeed later.
    pub fn should_retry(&self) -> bool {
        matches!(self, Self::Spawn { .. })
    }
}

/// What the reader underneath says is the blob's error, not the archive's.
impl From<TarError> for LayerError {
    fn from(error: TarError) -> Self {
        match error {
            TarError::Io(source) => Self::Read { source },
            error => Self::Tar(error),
        }
    }
}

/// For whoever reads an entry's content: a tar reader's error is inside, or the blob's.
impl From<io::Error> for LayerError {
    fn from(error: io::Error) -> Self {
        TarError::from(error).into()
    }
}

fn how_long(actual: Option<u64>) -> String {
    match actual {
        Some(count) => format!("ended after {count}"),
        None => "has more".to_owned(),
    }
}
