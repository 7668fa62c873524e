use crate::LayerType;
use std::io::{BufReader, Read};

/// The tar stream inside a layer blob, whatever compresses it. Memory is bounded by the format's window, not by the
/// layer's size.
///
/// Concatenated gzip members and zstd frames are one stream, as the engines read them.
pub fn uncompressed<'a>(
    layer: LayerType,
    blob: Box<dyn Read + Send + 'a>,
) -> std::io::Result<Box<dyn Read + Send + 'a>> {
    Ok(match layer {
        LayerType::Tar => blob,
        LayerType::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(BUFFER, blob))),
        LayerType::Zstd => Box::new(zstd::stream::read::Decoder::new(blob)?),
    })
}

/// Large enough that system calls do not show.
const BUFFER: usize = 128 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn text(layer: LayerType, blob: &[u8]) -> std::io::Result<String> {
        let mut text = String::new();
        uncompressed(layer, Box::new(blob))?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn concatenated_streams_are_one() {
        let gzip = |text: &str| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap()
        };
        let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
        assert_eq!(text(LayerType::Tar, b"ab").unwrap(), "ab");
        assert_eq!(text(LayerType::Gzip, &[gzip("a"), gzip("b")].concat()).unwrap(), "ab");
        assert_eq!(text(LayerType::Zstd, &[zstd("a"), zstd("b")].concat()).unwrap(), "ab");
    }

    #[test]
    fn cut_streams_are_errors() {
        let zstd = zstd::encode_all(&b"some content"[..], 1).unwrap();
        assert!(text(LayerType::Zstd, &zstd[..zstd.len() - 3]).is_err());
        assert!(text(LayerType::Gzip, b"\x1f\x8b").is_err());
    }
}
