use crate::FileError;
use crate::statvfs::free_bytes;
use std::path::Path;

/// How many bytes an ordinary user may still write where `path` lies; it need not exist yet.
pub fn free_space(path: impl AsRef<Path>) -> Result<u64, FileError> {
    let path = path.as_ref();
    free_bytes(path).map_err(|errno| FileError::at("ask for free space of", path)(errno.into()))
}
