use crate::digest::HashingReader;
use crate::header::BLOCK;
use crate::tape::{self, End};
use crate::{Entry, LayerError};
use sage_oci_names::{BlobDigest, DiffId};
use std::io::{self, BufRead, BufReader, Read};

/// An entry as it was found in a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEntry {
    /// The entry. Its path has lost a leading `./` or `/` and a trailing `/`, if it had them; the root's own path is empty.
    pub entry: Entry,
    /// Its modification time, in seconds since 1970.
    pub mtime: u64,
}

/// What the whole of a layer came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadInfo {
    /// The digest of the tar stream.
    pub diff_id: DiffId,
    /// The digest of the blob.
    pub blob: BlobDigest,
    /// The size of the blob in bytes.
    pub size: u64,
    /// The size of the tar stream in bytes.
    pub unpacked_size: u64,
    /// The number of entries.
    pub entries: u64,
}

/// Takes a layer apart: plain, gzip or zstd by its first bytes, ours or another tool's.
///
/// `visit` sees each entry with its body, in order; what it leaves of a body is skipped. Its error ends the reading. The blob is
/// read to its end, so the digests are of all of it. Memory does not depend on the size of the layer.
/// Formats understood: ustar, pax, and GNU's long names. Sparse files, devices and other types are errors.
pub fn read_layer<R: Read, E: From<LayerError>>(
    blob: R,
    visit: impl FnMut(&FoundEntry, &mut dyn Read) -> Result<(), E>,
) -> Result<ReadInfo, E> {
    read(blob, End::Marked, visit)
}

/// The same for a layer that another program has made, as engines read it: the archive may stop after its last body. So that a
/// layer that is cut off there is found, hold the digests of the answer against what was promised.
pub fn read_foreign_layer<R: Read, E: From<LayerError>>(
    blob: R,
    visit: impl FnMut(&FoundEntry, &mut dyn Read) -> Result<(), E>,
) -> Result<ReadInfo, E> {
    read(blob, End::Anywhere, visit)
}

fn read<R: Read, E: From<LayerError>>(
    blob: R,
    end: End,
    mut visit: impl FnMut(&FoundEntry, &mut dyn Read) -> Result<(), E>,
) -> Result<ReadInfo, E> {
    let mut blob = BufReader::with_capacity(1 << 17, HashingReader::new(blob));
    let start = blob.fill_buf().map_err(unreadable)?.to_vec();
    let tar: Box<dyn Read + '_> = if start.starts_with(&[0x1f, 0x8b]) {
        Box::new(flate2::bufread::MultiGzDecoder::new(&mut blob))
    } else if is_zstd(&start) {
        Box::new(zstd::stream::read::Decoder::with_buffer(&mut blob).map_err(unreadable)?)
    } else {
        Box::new(&mut blob)
    };
    let mut tar = BufReader::with_capacity(1 << 16, HashingReader::new(tar));
    let mut entries = 0;
    while let Some(found) = tape::next(&mut tar, end)? {
        let size = found.entry.size();
        let mut body = (&mut tar).take(size);
        visit(&found, &mut body)?;
        let left = body.limit();
        tape::skip(&mut tar, left, size, end)?;
        entries += 1;
    }
    io::copy(&mut tar, &mut io::sink()).map_err(unreadable)?;
    let tar = tar.into_inner();
    if end == End::Marked && tar.trailing_zeros() < 2 * BLOCK as u64 {
        return Err(LayerError::NoEndOfArchive.into());
    }
    let (diff_id, unpacked_size) = (DiffId::new(tar.digest()), tar.count());
    drop(tar);
    // A decoder stops where its stream ends; the digest is of the file.
    io::copy(&mut blob, &mut io::sink()).map_err(unreadable)?;
    let blob = blob.get_ref();
    Ok(ReadInfo { diff_id, blob: BlobDigest::new(blob.digest()), size: blob.count(), unpacked_size, entries })
}

fn unreadable(source: io::Error) -> LayerError {
    LayerError::Read { source }
}

/// A frame's magic number, or that of one to be skipped (RFC 8878, 3.1).
fn is_zstd(start: &[u8]) -> bool {
    start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || (start.len() >= 4 && start[0] & 0xf0 == 0x50 && start[1..4] == [0x2a, 0x4d, 0x18])
}
