use crate::text::format_of;
use crate::{Lock, LockError};
use sage_oci_names::{BlobDigest, Sha256};
use sha2::Digest as _;
use std::ops::Deref;

/// A lock and the very text that it was read from: images are known by the digest of that text.
///
/// A lock of an older format is brought to the newest one when it is read, and its text stays as it was: so an image of it keeps
/// its bytes when the format moves on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFile {
    lock: Lock,
    text: String,
    format: u64,
}

impl LockFile {
    /// Reads the text of a lock file, as [`Lock::parse`].
    ///
    /// # Errors
    /// As of [`Lock::parse`].
    pub fn parse(text: String) -> Result<Self, LockError> {
        let format = format_of(&text)?;
        Ok(Self { lock: Lock::parse(&text)?, text, format })
    }

    /// The text, byte for byte.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The format that the text is in.
    pub fn format(&self) -> u64 {
        self.format
    }

    /// The digest of the text, as `sha256sum` gives it of the file.
    pub fn digest(&self) -> BlobDigest {
        BlobDigest::new(Sha256::new(sha2::Sha256::digest(&self.text).into()))
    }

    /// The lock without its text.
    pub fn into_lock(self) -> Lock {
        self.lock
    }
}

/// A lock that was just made, with the text that it will be written as.
impl From<Lock> for LockFile {
    fn from(lock: Lock) -> Self {
        let text = lock.to_text();
        Self { format: lock.format, lock, text }
    }
}

/// Whoever asks something of the lock need not care where it was read.
impl Deref for LockFile {
    type Target = Lock;

    fn deref(&self) -> &Lock {
        &self.lock
    }
}
