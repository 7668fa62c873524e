use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use sage_oci_files::FileError;
use sage_oci_step::Resources;
use std::path::Path;

/// What this process and those that it ran have used so far, and what lies below `outputs` (getrusage(2)).
///
/// # Errors
/// An output cannot be looked at.
pub(crate) fn used<'a>(outputs: impl IntoIterator<Item = &'a Path>) -> Result<Resources, FileError> {
    let mut used = Resources::default();
    for who in [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN] {
        // It fails only for an unknown `who`; a figure for people is not worth an error.
        let Ok(usage) = getrusage(who) else { continue };
        let cpu = usage.user_time().num_milliseconds() + usage.system_time().num_milliseconds();
        used.cpu_ms += u64::try_from(cpu).unwrap_or(0);
        // Kilobytes, on Linux.
        used.peak_bytes = used.peak_bytes.max(u64::try_from(usage.max_rss()).unwrap_or(0) * 1024);
    }
    for output in outputs {
        used.written_bytes += size(output)?;
    }
    Ok(used)
}

/// The sizes of all files at or below a path; links count as nothing.
fn size(path: &Path) -> Result<u64, FileError> {
    let metadata = sage_oci_files::metadata(path)?;
    if metadata.is_dir() {
        return sage_oci_files::list(path)?.iter().map(|entry| size(entry)).sum();
    }
    Ok(if metadata.is_file() { metadata.len() } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_and_outputs_are_counted() {
        let dir = tempfile::tempdir().unwrap();
        sage_oci_files::create_dir_all(dir.path().join("a")).unwrap();
        sage_oci_files::write_atomic(dir.path().join("a/b"), &[1; 1000]).unwrap();
        sage_oci_files::write_atomic(dir.path().join("c"), &[1; 234]).unwrap();
        let used = used([dir.path()]).unwrap();
        assert_eq!(used.written_bytes, 1234);
        assert!(used.peak_bytes > 100_000, "{used:?}");
    }
}
