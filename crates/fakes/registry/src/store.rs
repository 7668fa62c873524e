use sage_oci_files::FileError;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// `sha256:` and the digest of some bytes.
pub fn digest(bytes: &[u8]) -> String {
    written(Sha256::new_with_prefix(bytes))
}

fn written(hasher: Sha256) -> String {
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&hasher.finalize()))
}

/// Where bytes lie: never in memory.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    /// Longer ones are counted and hashed, and not kept.
    keeps: u64,
    // Removes the folder at the end, where it is not the caller's.
    _own: Option<tempfile::TempDir>,
}

impl Store {
    /// One in this folder, or in a temporary one.
    pub fn open(folder: Option<&Path>, keeps: u64) -> io::Result<Self> {
        let own = if folder.is_none() { Some(tempfile::tempdir()?) } else { None };
        let folder = folder.or(own.as_ref().map(tempfile::TempDir::path)).unwrap_or(Path::new(".")).to_owned();
        for part in ["blobs", "uploads"] {
            sage_oci_files::create_dir_all(folder.join(part)).map_err(plain)?;
        }
        Ok(Self { folder, keeps, _own: own })
    }

    /// The file of a blob; `None` where it was not kept.
    pub fn blob(&self, digest: &str) -> Option<File> {
        sage_oci_files::open(self.path(digest)).ok()
    }

    pub fn read(&self, digest: &str) -> Option<Vec<u8>> {
        sage_oci_files::read(self.path(digest)).ok()
    }

    /// Keeps some bytes; gives their digest.
    pub fn put(&self, bytes: &[u8]) -> io::Result<String> {
        let digest = digest(bytes);
        sage_oci_files::write_atomic(self.path(&digest), bytes).map_err(plain)?;
        Ok(digest)
    }

    pub fn begin(&self, id: &str) -> io::Result<Partial> {
        let path = self.folder.join("uploads").join(id);
        let file = sage_oci_files::create(&path).map_err(plain)?;
        Ok(Partial { path, file: Some(file), hasher: Sha256::new(), size: 0, keeps: self.keeps })
    }

    /// Keeps what was received under this digest, whether it is its own or not.
    pub fn finish(&self, partial: &mut Partial, digest: &str) -> io::Result<()> {
        if partial.file.take().is_some() {
            sage_oci_files::rename(&partial.path, self.path(digest)).map_err(plain)?;
        }
        Ok(())
    }

    pub fn index(&self) -> PathBuf {
        self.folder.join("index.json")
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.folder.join("blobs").join(digest.rsplit(':').next().unwrap_or(digest))
    }
}

/// Bytes that are on their way to become a blob.
#[derive(Debug)]
pub(crate) struct Partial {
    path: PathBuf,
    file: Option<File>,
    hasher: Sha256,
    pub size: u64,
    keeps: u64,
}

impl Partial {
    /// Adds all of a body; where it ends early, what came stays.
    pub fn append(&mut self, body: &mut impl Read) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = body.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            self.hasher.update(&buffer[..count]);
            self.size += count as u64;
            if self.size > self.keeps {
                self.forget();
            } else if let Some(file) = &mut self.file {
                file.write_all(&buffer[..count])?;
            }
        }
    }

    /// Forgets what was added since a copy of the hasher was made at this size.
    pub fn go_back(&mut self, (hasher, size): (Sha256, u64)) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.set_len(size)?;
            file.seek(io::SeekFrom::Start(size))?;
        }
        (self.hasher, self.size) = (hasher, size);
        Ok(())
    }

    /// Where it is now, for [`Partial::go_back`].
    pub fn mark(&self) -> (Sha256, u64) {
        (self.hasher.clone(), self.size)
    }

    /// Begins anew.
    pub fn restart(&mut self) -> io::Result<()> {
        self.file = Some(sage_oci_files::create(&self.path).map_err(plain)?);
        (self.hasher, self.size) = (Sha256::new(), 0);
        Ok(())
    }

    pub fn digest(&self) -> String {
        written(self.hasher.clone())
    }

    fn forget(&mut self) {
        if self.file.take().is_some() {
            let _ = sage_oci_files::remove_file(&self.path);
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        self.forget();
    }
}

/// Errors of files as those of a connection: all are the end of a request.
fn plain(error: FileError) -> io::Error {
    io::Error::new(error.kind(), error)
}
