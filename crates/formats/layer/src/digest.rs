use sage_oci_names::Sha256;
use sha2::Digest;
use std::io::{self, Read};

/// A SHA-256 in the making.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hasher(sha2::Sha256);

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> Sha256 {
        Sha256::new(self.0.finalize().into())
    }
}

/// Passes bytes through and remembers their digest and their count.
#[derive(Debug)]
pub(crate) struct HashingReader<R> {
    inner: R,
    hasher: Hasher,
    count: u64,
}

impl<R> HashingReader<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, hasher: Hasher::default(), count: 0 }
    }

    /// The digest of what was read so far.
    pub(crate) fn digest(&self) -> Sha256 {
        self.hasher.clone().finish()
    }

    /// The number of bytes read so far.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..size]);
        self.count += size as u64;
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_hashes() {
        let mut reader = HashingReader::new(&b"ab\0\0\0"[..]);
        let mut part = [0; 3];
        reader.read_exact(&mut part).unwrap();
        assert_eq!(reader.count(), 3);
        io::copy(&mut reader, &mut io::sink()).unwrap();
        assert_eq!(reader.count(), 5);
        assert_eq!(reader.digest().hex(), "b5ac3034ee3f5d9971714d0081f3b0ad2df1cb8943afca86851d011d963aa76a");
    }
}
