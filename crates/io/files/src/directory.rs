use crate::FileError;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Makes a directory and its missing parents; one that is there already is fine.
pub fn create_dir_all(path: impl AsRef<Path>) -> Result<(), FileError> {
    let path = path.as_ref();
    fs::create_dir_all(path).map_err(FileError::at("create directory", path))
}

/// The full paths of a directory's entries, sorted by name (bytewise), so that the file system's order never matters.
pub fn list(path: impl AsRef<Path>) -> Result<Vec<PathBuf>, FileError> {
    let path = path.as_ref();
    let mut entries = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>())
        .map_err(FileError::at("list", path))?;
    // `Path`'s own order compares components; within one directory that is the bytewise order of the names.
    entries.sort();
    Ok(entries)
}

/// Removes a directory with everything below it; links are removed, not followed. Absent already is fine.
///
/// Directories without write permission, as Nix leaves them, are made writable first.
pub fn remove_dir_all(path: impl AsRef<Path>) -> Result<(), FileError> {
    let path = path.as_ref();
    let removed = match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            make_writable(path).and_then(|()| fs::remove_dir_all(path))
        }
        other => other,
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::at("remove directory", path)(error)),
        _ => Ok(()),
    }
}

fn make_writable(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_writable(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_sorted_whatever_the_order_of_creation() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b", "a.z", "a", "C"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let names: Vec<_> = list(dir.path()).unwrap();
        let names: Vec<_> = names.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["C", "a", "a.z", "b"]);
    }

    #[test]
    fn removes_read_only_trees_and_absent_ones() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("top");
        let inner = top.join("inner");
        create_dir_all(&inner).unwrap();
        fs::write(inner.join("file"), "").unwrap();
        fs::set_permissions(&inner, Permissions::from_mode(0o500)).unwrap();
        fs::set_permissions(&top, Permissions::from_mode(0o500)).unwrap();
        remove_dir_all(&top).unwrap();
        assert!(!top.exists());
        remove_dir_all(&top).unwrap();
    }
}
