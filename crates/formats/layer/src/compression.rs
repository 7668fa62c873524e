use crate::LayerError;
use libdeflater::CompressionLvl;
use sage_oci_names::{Algorithm, Compression};
use zstd::bulk::Compressor;

/// The bytes of tar stream that are compressed on their own, for most levels; see [`chunk_size`].
pub const CHUNK: usize = 8 << 20;
/// The same for zstd levels from [`HIGH`] on, whose windows reach so far back that smaller chunks cost them 3 % of size.
const HIGH_CHUNK: usize = 16 << 20;
const HIGH: u8 = 13;

/// The media type of a layer stored so (OCI image spec, layer).
pub(crate) const fn media_type(compression: Compression) -> &'static str {
    match compression.algorithm() {
        Algorithm::None => "application/vnd.oci.image.layer.v1.tar",
        Algorithm::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
        Algorithm::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
    }
}

/// The bytes of tar stream that become one frame or member.
///
/// Part of the contract on bytes: another size gives other blobs, though the same diff ids.
pub const fn chunk_size(compression: Compression) -> usize {
    match compression.algorithm() {
        Algorithm::Zstd if compression.level() >= HIGH => HIGH_CHUNK,
        _ => CHUNK,
    }
}

/// Compresses one chunk into a frame or member of its own.
///
/// The compressor is made anew each time: zstd salts the hash table of a context that is used again, so its
/// bytes would depend on which chunks a thread had before.
pub(crate) fn compress(compression: Compression, chunk: &[u8]) -> Result<Vec<u8>, LayerError> {
    let level = compression.level().into();
    match compression.algorithm() {
        Algorithm::None => Ok(chunk.to_vec()),
        Algorithm::Gzip => gzip(chunk, level),
        Algorithm::Zstd => {
            zstd_frame(chunk, level).map_err(|error| LayerError::Compress { algorithm: "zstd", why: error.to_string() })
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

    fn made(algorithm: Algorithm, level: u32, chunk: &[u8]) -> Vec<u8> {
        compress(Compression::new(algorithm, level).unwrap(), chunk).unwrap()
    }

    #[test]
    fn the_compressors_have_every_level() {
        for (algorithm, last) in [(Algorithm::Gzip, 12), (Algorithm::Zstd, 22)] {
            for level in 1..=last {
                assert!(!made(algorithm, level, b"x").is_empty());
            }
        }
    }

    /// RFC 8878, 3.1.1: magic number, then a descriptor with single segment set and neither checksum nor dictionary.
    #[test]
    fn golden_zstd_frame() {
        assert_eq!(made(Algorithm::Zstd, 3, b"abc"), b"\x28\xb5\x2f\xfd\x20\x03\x19\0\0abc");
    }

    /// RFC 1952, 2.3: no name, no time, and the system unknown.
    #[test]
    fn golden_gzip_header() {
        let member = made(Algorithm::Gzip, 6, b"abc");
        assert_eq!(member[..10], *b"\x1f\x8b\x08\0\0\0\0\0\0\xff");
    }
}
