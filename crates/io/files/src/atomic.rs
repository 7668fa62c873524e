use crate::FileError;
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Writes a file so that it is there whole or not at all, also after a crash. The parent must exist.
///
/// The bytes go to a temporary name in the same directory, are synced, and take the name. The mode is 0666 less the umask.
pub fn write_atomic(path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), FileError> {
    let path = path.as_ref();
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(FileError::at("write", path))?;
    file.commit()
}

/// Writes a file that nobody else may read, whole or not at all, where the process may be killed; after a loss of power it may be
/// an older one, or gone: nothing is synced.
pub fn write_private(path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), FileError> {
    let path = path.as_ref();
    let fail = |error| FileError::at("write", path)(bare(error));
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(parent(path)).map_err(fail)?;
    file.write_all(bytes).map_err(FileError::at("write", path))?;
    file.persist(path).map_err(|error| FileError::at("rename into place", path)(error.error))?;
    Ok(())
}

/// The streaming form of [`write_atomic`]: write, then [`AtomicFile::commit`]. Dropped without it, nothing is left.
#[derive(Debug)]
pub struct AtomicFile {
    file: tempfile::NamedTempFile,
    target: PathBuf,
}

impl AtomicFile {
    /// Begins a file that will be called `path`. The parent must exist.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let target = path.as_ref().to_owned();
        let file = tempfile::Builder::new()
            .prefix(".new-")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(parent(&target))
            .map_err(|error| FileError::at("create", &target)(bare(error)))?;
        Ok(Self { file, target })
    }

    /// The file under its temporary name, for callers that need to seek or read back.
    pub fn as_file(&self) -> &File {
        self.file.as_file()
    }

    /// Syncs the bytes and gives the file its name, replacing one of that name.
    pub fn commit(self) -> Result<(), FileError> {
        let Self { file, target } = self;
        file.as_file().sync_all().map_err(FileError::at("write", &target))?;
        file.persist(&target).map_err(|error| FileError::at("rename into place", &target)(error.error))?;
        // The name itself is data of the directory.
        let directory = parent(&target);
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(FileError::at("sync", directory))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().flush()
    }
}

/// A directory that is filled under a temporary name and then renamed into place; dropped without
/// [`AtomicDir::commit`], it is removed with everything in it.
#[derive(Debug)]
pub struct AtomicDir {
    // `None` once committed.
    path: Option<PathBuf>,
}

impl AtomicDir {
    /// Makes the temporary directory inside `parent`, which must exist and lie on the file system of the later target.
    pub fn new_in(parent: impl AsRef<Path>) -> Result<Self, FileError> {
        let parent = parent.as_ref();
        let directory = tempfile::Builder::new()
            .prefix(".new-")
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(parent)
            .map_err(|error| FileError::at("create directory in", parent)(bare(error)))?;
        Ok(Self { path: Some(directory.keep()) })
    }

    /// Makes the temporary directory next to the target it will become.
    pub fn beside(target: impl AsRef<Path>) -> Result<Self, FileError> {
        Self::new_in(parent(target.as_ref()))
    }

    /// Where to put things.
    pub fn path(&self) -> &Path {
        self.path.as_deref().expect("only `commit` takes the path, and it takes `self`")
    }

    /// Gives the directory its name. An existing directory there is replaced only if it is empty: nothing is merged.
    pub fn commit(mut self, target: impl AsRef<Path>) -> Result<(), FileError> {
        crate::rename(self.path(), target)?;
        self.path = None;
        Ok(())
    }
}

impl Drop for AtomicDir {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // Nobody is left to tell; a rest under a `.new-` name harms nothing but space.
            let _ = crate::remove_dir_all(path);
        }
    }
}

/// The directory a path lies in; `.` for a bare name.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

/// `tempfile` adds the temporary name to its errors, which means nothing to a person: keep what the system said.
fn bare(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(_) => error,
        None => io::Error::from(error.kind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_with_the_usual_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        write_atomic(&path, b"old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(crate::read(&path).unwrap(), b"old");
        file.commit().unwrap();
        assert_eq!(crate::read(&path).unwrap(), b"new");
        let plain = dir.path().join("plain");
        crate::create(&plain).unwrap();
        let mode = |path: &Path| crate::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&path), mode(&plain));
    }

    #[test]
    fn what_is_not_committed_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = AtomicFile::create(dir.path().join("file")).unwrap();
        file.write_all(b"half").unwrap();
        let inner = AtomicDir::beside(dir.path().join("dir")).unwrap();
        crate::create_dir_all(inner.path().join("deep")).unwrap();
        assert_eq!(crate::list(dir.path()).unwrap().len(), 2);
        drop((file, inner));
        assert_eq!(crate::list(dir.path()).unwrap(), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_directory_takes_its_name_but_is_never_merged() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        for expected in [true, false] {
            let new = AtomicDir::beside(&target).unwrap();
            write_atomic(new.path().join("file"), b"").unwrap();
            assert_eq!(new.commit(&target).is_ok(), expected);
        }
        assert_eq!(crate::list(dir.path()).unwrap(), [target]);
    }

    #[test]
    fn a_missing_parent_is_named() {
        let text = write_atomic("/no/such/dir/file", b"").unwrap_err().to_string();
        assert!(text.starts_with("cannot create `/no/such/dir/file`:"), "{text}");
        assert!(!text.contains(".new-"), "{text}");
    }
}
