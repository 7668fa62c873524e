use crate::StepError;
use sage_oci_layer::Contents;
use sage_oci_root::Below;
use std::path::{Path, PathBuf};

/// Reads one layer's list of contents.
pub(crate) fn read(path: &str) -> Result<Contents, StepError> {
    let failed = |source| StepError::Contents { path: PathBuf::from(path), source: Box::new(source) };
    let file = std::io::BufReader::new(sage_oci_files::open(Path::new(path))?);
    Contents::read(file).map_err(failed)
}

/// Reads the lists of contents of the layers below, bottom first; one at a time is in memory.
pub(crate) fn below(paths: &[String]) -> Result<Below, StepError> {
    Below::of(paths.iter().map(|path| read(path)))
}
