//! What the tests of layers share.

use sage_oci_layer::{LayerError, LayerInfo, LayerWriter, Options, read_layer};
use sage_oci_names::{Algorithm, Compression};
use sage_oci_tree::{Entry, EntryKind, ImagePath};
use std::io::{self, Read};

/// The time of every entry in these tests: 2023-11-14 22:13:20 UTC.
pub const EPOCH: u64 = 1_700_000_000;

/// Gzip at a level.
pub fn gzip(level: u32) -> Compression {
    Compression::new(Algorithm::Gzip, level).unwrap()
}

/// Zstandard at a level.
pub fn zstd(level: u32) -> Compression {
    Compression::new(Algorithm::Zstd, level).unwrap()
}

/// An entry of root's.
pub fn entry(path: &str, kind: EntryKind, mode: u32) -> Entry {
    Entry { mode, ..Entry::new(ImagePath::parse(path).unwrap(), kind) }
}

/// A file with its bytes.
pub fn file(path: &str, body: &[u8]) -> (Entry, Vec<u8>) {
    (entry(path, EntryKind::File { size: body.len() as u64 }, 0o644), body.to_vec())
}

/// Gives at most so many bytes at a time.
pub struct Slowly<'a>(pub &'a [u8], pub usize);

impl Read for Slowly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.1);
        self.0.read(&mut buffer[..most])
    }
}

/// Writes a layer, its bodies read `step` bytes at a time.
pub fn write(
    entries: &[(Entry, Vec<u8>)],
    compression: Compression,
    threads: usize,
    step: usize,
) -> Result<(Vec<u8>, LayerInfo), LayerError> {
    let mut writer = LayerWriter::new(Vec::new(), Options { epoch: EPOCH, compression, threads })?;
    for (entry, body) in entries {
        writer.append(entry, &mut Slowly(body, step))?;
    }
    writer.finish()
}

/// Reads a layer back, entries with bodies.
pub fn read(blob: &[u8]) -> Vec<(Entry, Vec<u8>)> {
    let mut found = Vec::new();
    read_layer(blob, |entry, body| {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes)?;
        found.push((entry.clone(), bytes));
        Ok::<(), LayerError>(())
    })
    .unwrap();
    found
}
