use crate::FileError;
use std::fs;
use std::path::{Path, PathBuf};

/// Makes a symbolic link at `path` that holds `target`, as written. Something at `path` already is an error.
pub fn symlink(target: impl AsRef<Path>, path: impl AsRef<Path>) -> Result<(), FileError> {
    let path = path.as_ref();
    std::os::unix::fs::symlink(target, path).map_err(FileError::at("make symbolic link", path))
}

/// What a symbolic link holds, as written.
pub fn read_link(path: impl AsRef<Path>) -> Result<PathBuf, FileError> {
    let path = path.as_ref();
    fs::read_link(path).map_err(FileError::at("read symbolic link", path))
}

/// The path behind all symbolic links; it must exist.
pub fn real_path(path: impl AsRef<Path>) -> Result<PathBuf, FileError> {
    let path = path.as_ref();
    fs::canonicalize(path).map_err(FileError::at("resolve", path))
}

/// Gives a file a second name; copies it (atomically, with its mode) where a hard link is refused, as across file
/// systems or by `fs.protected_hardlinks`. Something at `to` already is an error for the link and replaced by the copy.
pub fn hard_link_or_copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), FileError> {
    let (from, to) = (from.as_ref(), to.as_ref());
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotFound) => {
            Err(FileError::at("link", to)(error))
        }
        Err(_) => {
            let mut source = crate::open(from)?;
            let mode = source.metadata().map_err(FileError::at("look at", from))?.permissions();
            let mut copy = crate::AtomicFile::create(to)?;
            std::io::copy(&mut source, &mut copy).map_err(FileError::at("copy to", to))?;
            copy.commit()?;
            fs::set_permissions(to, mode).map_err(FileError::at("set the mode of", to))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_hold_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        symlink("../not/there", &link).unwrap();
        assert_eq!(read_link(&link).unwrap(), Path::new("../not/there"));
        assert!(!crate::exists(&link).unwrap());
        assert!(real_path(&link).unwrap_err().is_not_found());
        assert!(symlink("x", &link).unwrap_err().to_string().contains("link"));
    }

    #[test]
    fn a_second_name_has_the_bytes_and_is_never_merged() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        crate::write_atomic(&a, b"bytes").unwrap();
        hard_link_or_copy(&a, &b).unwrap();
        assert_eq!(crate::read(&b).unwrap(), b"bytes");
        assert_eq!(hard_link_or_copy(&a, &b).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn across_file_systems_it_copies() {
        let (disk, memory) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
        let (a, b) = (disk.path().join("a"), memory.path().join("b"));
        crate::write_atomic(&a, b"bytes").unwrap();
        hard_link_or_copy(&a, &b).unwrap();
        assert_eq!(crate::read(&b).unwrap(), b"bytes");
    }
}
