use crate::LayerError;
use libdeflater::CompressionLvl;
use zstd::bulk::Compressor;

/// The bytes of tar stream that are compressed on their own, for most levels; see [`Compression::chunk`].
pub const CHUNK: usize = 8 << 20;
/// The same for zstd levels from [`HIGH`] on, whose windows reach so far back that smaller chunks cost them 3 % of size.
const HIGH_CHUNK: usize = 16 << 20;
const HIGH: i32 = 13;

/// How a layer's blob is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase", tag = "algorithm")]
pub enum Compression {
    /// The tar stream as it is.
    None,
    /// Gzip members by libdeflate, which every engine reads.
    Gzip {
        /// 1 (fastest) to 12 (smallest).
        level: i32,
    },
    /// Zstandard frames, which Docker reads from version 23 on.
    Zstd {
        /// 1 (fastest) to 22 (smallest).
        level: i32,
    },
}

impl Compression {
    /// The media type of a layer stored so (OCI image spec, layer).
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::None => "application/vnd.oci.image.layer.v1.tar",
            Self::Gzip { .. } => "application/vnd.oci.image.layer.v1.tar+gzip",
            Self::Zstd { .. } => "application/vnd.oci.image.layer.v1.tar+zstd",
        }
    }

    /// The bytes of tar stream that become one frame or member.
    ///
    /// Part of the contract on bytes: another size gives other blobs, though the same diff ids.
    pub const fn chunk(self) -> usize {
        match self {
            Self::Zstd { level } if level >= HIGH => HIGH_CHUNK,
            _ => CHUNK,
        }
    }

    /// Refuses a level that the compressor does not have.
    pub(crate) fn check(self) -> Result<(), LayerError> {
        let fail = |algorithm, level, range| Err(LayerError::InvalidLevel { algorithm, level, range });
        match self {
            Self::Gzip { level } if !(1..=12).contains(&level) => fail("gzip", level, "1 to 12"),
            Self::Zstd { level } if !(1..=22).contains(&level) => fail("zstd", level, "1 to 22"),
            _ => Ok(()),
        }
    }

    /// Compresses one chunk into a frame or member of its own.
    ///
    /// The compressor is made anew each time: zstd salts the hash table of a context that is used again, so its
    /// bytes would depend on which chunks a thread had before.
    pub(crate) fn compress(self, chunk: &[u8]) -> Result<Vec<u8>, LayerError> {
        match self {
            Self::None => Ok(chunk.to_vec()),
            Self::Gzip { level } => gzip(chunk, level),
            Self::Zstd { level } => zstd_frame(chunk, level)
                .map_err(|error| LayerError::Compress { algorithm: "zstd", why: error.to_string() }),
        }
    }
}

fn gzip(chunk: &[u8], level: i32) -> Result<Vec<u8>, LayerError> {
    let fail = |why: String| LayerError::Compress { algorithm: "gzip", why };
    let level = CompressionLvl::new(level).map_err(|error| fail(format!("{error:?}")))?;
    let mut compressor = libdeflater::Compressor::new(level);
    let mut member = vec![0; compressor.gzip_compress_bound(chunk.len())];
    let size = compressor.gzip_compress(chunk, &mut member).map_err(|error| fail(error.to_string()))?;
    member.truncate(size);
    Ok(member)
}

/// A frame that states its content's size, so readers can allocate at once, and has no checksum, since digests guard it.
fn zstd_frame(chunk: &[u8], level: i32) -> std::io::Result<Vec<u8>> {
    let mut compressor = Compressor::new(level)?;
    compressor.include_contentsize(true)?;
    compressor.include_checksum(false)?;
    compressor.include_dictid(false)?;
    compressor.compress(chunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_checked() {
        for bad in [Compression::Gzip { level: 0 }, Compression::Gzip { level: 13 }, Compression::Zstd { level: 23 }] {
            assert!(matches!(bad.check(), Err(LayerError::InvalidLevel { .. })), "{bad:?}");
        }
        for level in 1..=12 {
            Compression::Gzip { level }.check().unwrap();
            Compression::Gzip { level }.compress(b"x").unwrap();
        }
        for level in 1..=22 {
            Compression::Zstd { level }.check().unwrap();
            Compression::Zstd { level }.compress(b"x").unwrap();
        }
    }

    /// RFC 8878, 3.1.1: magic number, then a descriptor with single segment set and neither checksum nor dictionary.
    #[test]
    fn golden_zstd_frame() {
        assert_eq!(Compression::Zstd { level: 3 }.compress(b"abc").unwrap(), b"\x28\xb5\x2f\xfd\x20\x03\x19\0\0abc");
    }

    /// RFC 1952, 2.3: no name, no time, and the system unknown.
    #[test]
    fn golden_gzip_header() {
        let member = Compression::Gzip { level: 6 }.compress(b"abc").unwrap();
        assert_eq!(member[..10], *b"\x1f\x8b\x08\0\0\0\0\0\0\xff");
    }
}
