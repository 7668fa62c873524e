use crate::{FetchError, Options};
use sage_oci_files::FileError;
use sage_oci_names::Sha256;
use sha2::Digest;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A partial file `TARGET.part`, locked, with the running digest of what it holds.
///
/// Dropped, it stays on disk for the next run.
#[derive(Debug)]
pub(crate) struct Part {
    file: File,
    path: PathBuf,
    digest: sha2::Sha256,
    len: u64,
    /// How many of the bytes are from an earlier run or connection.
    resumed: u64,
}

impl Part {
    /// Opens or makes the partial file of `target`. Waits while another process fetches the same file.
    pub(crate) fn open(target: &Path, options: &Options) -> Result<Self, FetchError> {
        let mut name = target.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        loop {
            let file = sage_oci_files::open_or_create(&path)?;
            match file.try_lock() {
                // While we waited, the other may have renamed this very file into place: then begin anew.
                Ok(()) if same_file(&file, &path)? => {
                    return Ok(Self { file, path, digest: sha2::Sha256::default(), len: 0, resumed: 0 });
                }
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if options.stopped() => return Err(FetchError::Cancelled),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(50)),
                Err(TryLockError::Error(error)) => return Err(FileError::at("lock", &path)(error).into()),
            }
        }
    }

    /// Takes up what the file holds, unless that is more than `limit`, which cannot be right: then it is emptied.
    pub(crate) fn resume(&mut self, limit: u64) -> Result<u64, FileError> {
        let held = self.file.metadata().map_err(FileError::at("look at", &self.path))?.len();
        if held > limit {
            return self.clear().map(|()| 0);
        }
        self.file.rewind().map_err(FileError::at("read", &self.path))?;
        let (digest, len) = digest(&mut self.file).map_err(FileError::at("read", &self.path))?;
        (self.digest, self.len, self.resumed) = (digest, len, len);
        Ok(len)
    }

    /// Throws away what is there.
    pub(crate) fn clear(&mut self) -> Result<(), FileError> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .map_err(FileError::at("empty", &self.path))?;
        (self.digest, self.len, self.resumed) = (sha2::Sha256::default(), 0, 0);
        Ok(())
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.file.write_all(bytes).map_err(FileError::at("write", &self.path))?;
        self.digest.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// How many bytes are there.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Marks what is there as coming from an earlier connection.
    pub(crate) fn keep(&mut self) {
        self.resumed = self.len;
    }

    /// Whether some of the bytes are from an earlier run or connection.
    pub(crate) fn is_resumed(&self) -> bool {
        self.resumed > 0
    }

    /// The digest of what is there.
    pub(crate) fn digest(&self) -> Sha256 {
        Sha256::new(self.digest.clone().finalize().into())
    }

    /// Gives the file its final name.
    ///
    /// It is not synced: after a crash the digest is looked at again before the file is believed.
    pub(crate) fn finish(self, target: &Path) -> Result<(), FileError> {
        sage_oci_files::rename(&self.path, target)
    }

    /// Removes the file.
    pub(crate) fn discard(self) -> Result<(), FileError> {
        sage_oci_files::remove_file(&self.path)
    }
}

/// Whether `path` is a file of this size and digest.
pub(crate) fn is_complete(path: &Path, size: u64, sha256: Sha256) -> Result<bool, FileError> {
    let mut file = match sage_oci_files::open(path) {
        Err(error) if error.is_not_found() => return Ok(false),
        other => other?,
    };
    let metadata = file.metadata().map_err(FileError::at("look at", path))?;
    if !metadata.is_file() || metadata.len() != size {
        return Ok(false);
    }
    let (digest, _) = digest(&mut file).map_err(FileError::at("read", path))?;
    Ok(Sha256::new(digest.finalize().into()) == sha256)
}

fn digest(file: &mut File) -> std::io::Result<(sha2::Sha256, u64)> {
    let (mut digest, mut total) = (sha2::Sha256::default(), 0);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((digest, total)),
            count => {
                digest.update(&buffer[..count]);
                total += count as u64;
            }
        }
    }
}

fn same_file(file: &File, path: &Path) -> Result<bool, FileError> {
    let ours = file.metadata().map_err(FileError::at("look at", path))?;
    match sage_oci_files::metadata(path) {
        Ok(there) => Ok((ours.dev(), ours.ino()) == (there.dev(), there.ino())),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}
