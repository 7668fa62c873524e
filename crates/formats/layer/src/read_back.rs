use crate::LayerError;
use crate::digest::HashingReader;
use sage_oci_names::{BlobDigest, DiffId};
use sage_oci_tar::{Dialect, TarReader};
use sage_oci_tree::Entry;
use std::io::{self, BufRead, BufReader, Read};

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

/// Takes a layer of this project apart: plain, gzip or zstd by its first bytes.
///
/// `visit` sees each entry with its body, in order; what it leaves of a body is skipped. Its error ends the reading. The blob is
/// read to its end, so the digests are of all of it. Memory does not depend on the size of the layer.
/// What is read and what is refused, [`Dialect::LAYER`] and [`TarReader`] say.
pub fn read_layer<R: Read, E: From<LayerError>>(
    blob: R,
    visit: impl FnMut(&Entry, &mut dyn Read) -> Result<(), E>,
) -> Result<ReadInfo, E> {
    read(blob, Dialect::LAYER, visit)
}

/// The same for a layer that another program has made, as engines read it ([`Dialect::FOREIGN_LAYER`]). So that one that is cut
/// off behind a body is found, hold the digests of the answer against what was promised.
pub fn read_foreign_layer<R: Read, E: From<LayerError>>(
    blob: R,
    visit: impl FnMut(&Entry, &mut dyn Read) -> Result<(), E>,
) -> Result<ReadInfo, E> {
    read(blob, Dialect::FOREIGN_LAYER, visit)
}

fn read<R: Read, E: From<LayerError>>(
    blob: R,
    dialect: Dialect,
    mut visit: impl FnMut(&Entry, &mut dyn Read) -> Result<(), E>,
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
    let mut tar = TarReader::new(HashingReader::new(tar), dialect);
    let mut entries = 0;
    while let Some(entry) = tar.next_entry().map_err(LayerError::from)? {
        visit(&entry, &mut tar)?;
        entries += 1;
    }
    let tar = tar.into_inner();
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
