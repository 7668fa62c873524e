use sage_oci_names::{BlobDigest, Sha256};
use sha2::Digest as _;
use std::io::Read;

/// The digest of bytes in hand.
pub fn digest_of(bytes: &[u8]) -> BlobDigest {
    BlobDigest::new(Sha256::new(sha2::Sha256::digest(bytes).into()))
}

/// A reader that digests and counts what passes through it.
pub struct HashingReader<R> {
    inner: R,
    hash: sha2::Sha256,
    size: u64,
}

impl<R: Read> HashingReader<R> {
    /// Begins to digest what is read from `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, hash: sha2::Sha256::new(), size: 0 }
    }

    /// How many bytes have passed.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The digest of all bytes that have passed.
    pub fn finish(self) -> Sha256 {
        Sha256::new(self.hash.finalize().into())
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.size += count as u64;
        Ok(count)
    }
}
