use sage_oci_names::Sha256;
use sha2::Digest;
use std::io::Write;

/// The SHA-256 of some bytes.
pub fn sha256(bytes: impl AsRef<[u8]>) -> Sha256 {
    Sha256::new(sha2::Sha256::digest(bytes.as_ref()).into())
}

/// Folds a digest to 20 bytes: byte `i` is XORed into byte `i mod 20` (Nix manual, "Store Path").
pub fn compress_hash(digest: &Sha256) -> [u8; 20] {
    let mut folded = [0; 20];
    for (at, byte) in digest.as_bytes().iter().enumerate() {
        folded[at % 20] ^= byte;
    }
    folded
}

/// A sink that keeps only the SHA-256 and the length of what is written; it never fails.
#[derive(Default)]
pub struct DigestWriter {
    state: sha2::Sha256,
    length: u64,
}

impl DigestWriter {
    /// The digest and the number of bytes.
    pub fn finish(self) -> (Sha256, u64) {
        (Sha256::new(self.state.finalize().into()), self.length)
    }
}

impl Write for DigestWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.state.update(bytes);
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_wraps_at_twenty() {
        let mut bytes = [0; 32];
        (bytes[0], bytes[20], bytes[19], bytes[31]) = (0xf0, 0x0f, 7, 9);
        let folded = compress_hash(&Sha256::new(bytes));
        assert_eq!((folded[0], folded[19], folded[11], folded[1]), (0xff, 7, 9, 0));
    }

    #[test]
    fn a_writer_sees_what_a_slice_sees() {
        let mut writer = DigestWriter::default();
        writer.write_all(b"ab").unwrap();
        writer.write_all(b"c").unwrap();
        assert_eq!(writer.finish(), (sha256("abc"), 3));
    }
}
