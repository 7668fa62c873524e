use std::io::Read;

/// What a file may unpack to in memory, in bytes; of a larger one the packed bytes are compared.
pub const MOST_UNPACKED: u64 = 64 << 20;

/// What unpacks a whole file; none where it is damaged or too large.
type Unpack = fn(&[u8]) -> Option<Vec<u8>>;

/// Two files that are packed in the same way, unpacked; none where they are not, or are too large.
pub(crate) fn unpack(old: &[u8], new: &[u8]) -> Option<(&'static str, Vec<u8>, Vec<u8>)> {
    let all: [(&'static str, &[u8], Unpack); 2] =
        [("gzip", b"\x1f\x8b\x08", gzip), ("zstd", b"\x28\xb5\x2f\xfd", zstd)];
    let (kind, _, unpack) = all.into_iter().find(|(_, magic, _)| old.starts_with(magic) && new.starts_with(magic))?;
    Some((kind, unpack(old)?, unpack(new)?))
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    bounded(flate2::read::MultiGzDecoder::new(bytes))
}

fn zstd(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = zstd::stream::read::Decoder::new(bytes).ok()?;
    // 8 MiB, which every decoder must take (RFC 8878, 3.1.1.1.2), and four times that.
    decoder.window_log_max(25).ok()?;
    bounded(decoder)
}

fn bounded(reader: impl Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MOST_UNPACKED + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MOST_UNPACKED).then_some(bytes)
}
