use crate::digest::HashingReader;
use crate::header::BLOCK;
use crate::{Entry, EntryKind, LayerError, path};
use sage_oci_names::{BlobDigest, DiffId};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use tar::{Archive, EntryType};

/// An entry as it was found in a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEntry {
    /// The entry. Its path has lost a leading `./` or `/` and a trailing `/`, if it had them.
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
pub fn read_layer<R: Read, E: From<LayerError>>(
    blob: R,
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
    let mut archive = Archive::new(HashingReader::new(tar));
    let mut entries = 0;
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let found = describe(&mut entry)?;
        visit(&found, &mut entry)?;
        entries += 1;
    }
    let mut tar = archive.into_inner();
    io::copy(&mut tar, &mut io::sink()).map_err(unreadable)?;
    if tar.trailing_zeros() < 2 * BLOCK as u64 {
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

fn describe<R: Read>(entry: &mut tar::Entry<'_, R>) -> Result<FoundEntry, LayerError> {
    let mut name = text(&entry.path_bytes())?;
    while let Some(rest) = name.strip_prefix("./").or_else(|| name.strip_prefix('/')) {
        name = rest.to_owned();
    }
    let name = name.trim_end_matches('/').to_owned();
    let mut xattrs = BTreeMap::new();
    let mut mtime = entry.header().mtime().map_err(unreadable)?;
    if let Some(records) = entry.pax_extensions().map_err(unreadable)? {
        for record in records {
            let record = record.map_err(unreadable)?;
            let key = text(record.key_bytes())?;
            if let Some(attribute) = key.strip_prefix("SCHILY.xattr.") {
                xattrs.insert(attribute.to_owned(), record.value_bytes().to_vec());
            } else if key == "mtime" {
                mtime = seconds(record.value_bytes()).unwrap_or(mtime);
            }
        }
    }
    let (path, kind) = kind(entry, name)?;
    let header = entry.header();
    let mode = header.mode().map_err(unreadable)? & 0o7777;
    let id = |number: io::Result<u64>| {
        let number = number.map_err(unreadable)?;
        u32::try_from(number).map_err(|_| unreadable(io::Error::other(format!("`{path}` has the owner {number}"))))
    };
    let (uid, gid) = (id(header.uid())?, id(header.gid())?);
    Ok(FoundEntry { entry: Entry { path, kind, mode, uid, gid, xattrs }, mtime })
}

/// The kind, and the path that goes with it: a whiteout's is the one it removes.
fn kind<R: Read>(entry: &tar::Entry<'_, R>, name: String) -> Result<(String, EntryKind), LayerError> {
    let target = || text(&entry.link_name_bytes().unwrap_or_default());
    let kind = match entry.header().entry_type() {
        EntryType::Regular => {
            if let Some(removed) = path::removed_by(&name) {
                return Ok((removed, EntryKind::Whiteout));
            }
            EntryKind::File { size: entry.size() }
        }
        EntryType::Directory => EntryKind::Directory,
        EntryType::Symlink => EntryKind::Symlink { target: target()? },
        EntryType::Link => EntryKind::HardLink { target: target()? },
        other => return Err(LayerError::UnknownEntryType { path: name, kind: char::from(other.as_byte()) }),
    };
    Ok((name, kind))
}

fn text(bytes: &[u8]) -> Result<String, LayerError> {
    String::from_utf8(bytes.to_vec())
        .map_err(|_| LayerError::NotUtf8 { path: String::from_utf8_lossy(bytes).into_owned() })
}

/// The whole seconds of a pax time, which may have a fraction.
fn seconds(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.split('.').next()?.parse().ok()
}
