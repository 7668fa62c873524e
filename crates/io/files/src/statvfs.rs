use rustix::io::Errno;
use std::path::Path;

/// What [`crate::free_space`] says, for errors, which must not make errors.
pub(crate) fn free_bytes(path: &Path) -> Result<u64, Errno> {
    // The nearest ancestor that exists lies on the file system where the path would be made.
    let mut at = path;
    loop {
        match rustix::fs::statvfs(at) {
            Ok(stat) => return Ok(stat.f_bavail.saturating_mul(stat.f_frsize)),
            Err(Errno::NOENT) => match at.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => at = parent,
                _ if at != Path::new(".") && !path.is_absolute() => at = Path::new("."),
                _ => return Err(Errno::NOENT),
            },
            Err(errno) => return Err(errno),
        }
    }
}
