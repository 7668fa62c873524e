use std::path::PathBuf;

/// Where a step writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    /// The folder `out`; it is made here and must not exist.
    pub out: PathBuf,
    /// The file `contents`, which layer-like steps write.
    pub contents: Option<PathBuf>,
}
