use crate::LayerType;
use std::io::{BufRead, BufReader, Read};

/// The tar stream inside a layer blob, whatever compresses it. Memory is bounded by the format's window, not by the
/// layer's size.
///
/// Concatenated gzip members and zstd frames are one stream, as the engines read them. A blob that is said to be compressed and
/// does not begin so is taken for what it begins as, as engines do: skopeo 1.9 calls a plain archive gzip.
pub fn uncompressed<'a>(
    layer: LayerType,
    blob: Box<dyn Read + Send + 'a>,
) -> std::io::Result<Box<dyn Read + Send + 'a>> {
    let mut blob = BufReader::with_capacity(BUFFER, blob);
    let really = match layer {
        LayerType::Tar => LayerType::Tar,
        LayerType::Gzip | LayerType::Zstd => by_its_start(blob.fill_buf()?).unwrap_or(LayerType::Tar),
    };
    Ok(match really {
        LayerType::Tar => Box::new(blob),
        LayerType::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(blob)),
        LayerType::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(blob)?),
    })
}

/// What a stream is by its magic number: gzip's (RFC 1952, 2.3.1), that of a zstd frame or one to be skipped (RFC 8878, 3.1).
fn by_its_start(start: &[u8]) -> Option<LayerType> {
    match start {
        [0x1f, 0x8b, ..] => Some(LayerType::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(LayerType::Zstd),
        _ => None,
    }
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
    fn what_is_called_compressed_is_taken_for_what_it_is() {
        let zstd = zstd::encode_all(&b"a"[..], 1).unwrap();
        assert_eq!(text(LayerType::Gzip, b"plain").unwrap(), "plain");
        assert_eq!(text(LayerType::Gzip, &zstd).unwrap(), "a");
        // A plain archive may begin with anything.
        assert_eq!(text(LayerType::Tar, &zstd[..2]).ok(), String::from_utf8(zstd[..2].to_vec()).ok());
    }

    #[test]
    fn cut_streams_are_errors() {
        let zstd = zstd::encode_all(&b"some content"[..], 1).unwrap();
        assert!(text(LayerType::Zstd, &zstd[..zstd.len() - 3]).is_err());
        assert!(text(LayerType::Gzip, b"\x1f\x8b").is_err());
    }
}
