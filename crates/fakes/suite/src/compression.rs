use std::io::Write;

/// How a member of a package or an index is compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compression {
    /// Not at all.
    Plain,
    /// `.gz`
    Gz,
    /// `.xz`, what Debian uses.
    #[default]
    Xz,
    /// `.zst`, what Ubuntu uses.
    Zst,
}

impl Compression {
    /// The suffix of a file's or member's name.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Gz => ".gz",
            Self::Xz => ".xz",
            Self::Zst => ".zst",
        }
    }

    /// Compresses bytes in one thread; the same bytes give the same result.
    pub fn compress(self, bytes: &[u8]) -> Vec<u8> {
        const MEMORY: &str = "writing to memory does not fail";
        match self {
            Self::Plain => bytes.to_vec(),
            Self::Gz => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
                encoder.write_all(bytes).expect(MEMORY);
                encoder.finish().expect(MEMORY)
            }
            Self::Xz => {
                let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
                encoder.write_all(bytes).expect(MEMORY);
                encoder.finish().expect(MEMORY)
            }
            Self::Zst => {
                let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).expect(MEMORY);
                encoder.write_all(bytes).expect(MEMORY);
                encoder.finish().expect(MEMORY)
            }
        }
    }
}
