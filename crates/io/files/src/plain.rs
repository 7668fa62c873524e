use crate::FileError;
use std::fs::{self, File, Metadata};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Reads a whole file. Only for files whose size is known to be modest.
pub fn read(path: impl AsRef<Path>) -> Result<Vec<u8>, FileError> {
    let path = path.as_ref();
    fs::read(path).map_err(FileError::at("read", path))
}

/// Reads a whole file as UTF-8; other bytes are an error of kind `InvalidData`.
pub fn read_to_string(path: impl AsRef<Path>) -> Result<String, FileError> {
    let path = path.as_ref();
    fs::read_to_string(path).map_err(FileError::at("read", path))
}

/// Opens a file for reading.
pub fn open(path: impl AsRef<Path>) -> Result<File, FileError> {
    let path = path.as_ref();
    File::open(path).map_err(FileError::at("open", path))
}

/// Opens a file for writing and empties it, or makes it. For files that need not be whole: logs, partial downloads.
/// See [`crate::AtomicFile`] for the others.
pub fn create(path: impl AsRef<Path>) -> Result<File, FileError> {
    let path = path.as_ref();
    File::create(path).map_err(FileError::at("create", path))
}

/// Writes a file that is part of something larger, which counts only once all of it is there, as a derivation's output.
///
/// It is not synced: on many file systems that would wait for every byte written before it, hundreds of megabytes of blobs.
pub fn write_new(path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), FileError> {
    let path = path.as_ref();
    create(path)?.write_all(bytes).map_err(FileError::at("write", path))
}

/// Opens a file for reading and writing as it is, or makes it: for what is gone on with.
pub fn open_or_create(path: impl AsRef<Path>) -> Result<File, FileError> {
    let path = path.as_ref();
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path).map_err(FileError::at("open", path))
}

/// Makes a file that its owner may write; `None` where something is there already.
pub fn create_new(path: impl AsRef<Path>, executable: bool) -> Result<Option<File>, FileError> {
    let path = path.as_ref();
    let mode = if executable { 0o755 } else { 0o644 };
    match File::options().write(true).create_new(true).mode(mode).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(None),
        other => other.map(Some).map_err(FileError::at("create", path)),
    }
}

/// Makes an executable file; `None` where something is there already.
pub fn create_program(path: impl AsRef<Path>) -> Result<Option<File>, FileError> {
    create_new(path, true)
}

/// Copies a regular file to where nothing is, writable for its owner and, as the first one, executable or not.
///
/// # Errors
/// `from` is no regular file, or something is at `to` already.
pub fn copy_new(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<File, FileError> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let mut source = open(from)?;
    let metadata = source.metadata().map_err(FileError::at("look at", from))?;
    if !metadata.is_file() {
        let error = std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no regular file");
        return Err(FileError::at("copy", from)(error));
    }
    let executable = metadata.permissions().mode() & 0o111 != 0;
    let Some(mut copy) = create_new(to, executable)? else {
        return Err(FileError::at("create", to)(std::io::ErrorKind::AlreadyExists.into()));
    };
    std::io::copy(&mut source, &mut copy).map_err(FileError::at("copy to", to))?;
    Ok(copy)
}

/// Opens a file for writing at its end, or makes it.
pub fn append(path: impl AsRef<Path>) -> Result<File, FileError> {
    let path = path.as_ref();
    File::options().append(true).create(true).open(path).map_err(FileError::at("open for appending", path))
}

/// Removes a file or a symbolic link. One that is absent already is fine.
pub fn remove_file(path: impl AsRef<Path>) -> Result<(), FileError> {
    let path = path.as_ref();
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(FileError::at("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Renames within one file system, replacing a file at the new name; the error names the new path too.
pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), FileError> {
    let (from, to) = (from.as_ref(), to.as_ref());
    fs::rename(from, to).map_err(|error| {
        let text = format!("to `{}`: {error}", to.display());
        // The kind is kept for `hint`; the text gains the second path.
        FileError::at("rename", from)(std::io::Error::new(error.kind(), text))
    })
}

/// Whether something is there. A link that leads nowhere is not; a directory that may not be searched is an error.
pub fn exists(path: impl AsRef<Path>) -> Result<bool, FileError> {
    let path = path.as_ref();
    path.try_exists().map_err(FileError::at("look for", path))
}

/// What is at the path itself: a symbolic link is not followed.
pub fn metadata(path: impl AsRef<Path>) -> Result<Metadata, FileError> {
    let path = path.as_ref();
    fs::symlink_metadata(path).map_err(FileError::at("look at", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_writes_renames_and_removes() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        create(&a).unwrap().write_all(b"one").unwrap();
        append(&a).unwrap().write_all(b" two").unwrap();
        write_new(dir.path().join("new"), b"new").unwrap();
        assert_eq!(read(dir.path().join("new")).unwrap(), b"new");
        rename(&a, &b).unwrap();
        assert_eq!(read_to_string(&b).unwrap(), "one two");
        assert_eq!(metadata(&b).unwrap().len(), 7);
        assert!(!exists(&a).unwrap());
        remove_file(&b).unwrap();
        remove_file(&b).unwrap();
        assert!(open(&b).unwrap_err().is_not_found());
    }

    #[test]
    fn a_copy_can_be_written_and_never_replaces() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        create_program(&a).unwrap().unwrap().write_all(b"bytes").unwrap();
        fs::set_permissions(&a, fs::Permissions::from_mode(0o555)).unwrap();
        copy_new(&a, &b).unwrap();
        assert_eq!(read(&b).unwrap(), b"bytes");
        assert_eq!(metadata(&b).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(copy_new(&a, &b).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
        assert!(copy_new(dir.path(), dir.path().join("c")).unwrap_err().to_string().contains("no regular file"));
    }

    #[test]
    fn a_failed_rename_names_both_paths() {
        let text = rename("/no/from", "/no/to").unwrap_err().to_string();
        assert!(text.contains("/no/from") && text.contains("/no/to"), "{text}");
    }
}
