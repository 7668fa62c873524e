use crate::{GitError, ObjectId, ObjectKind};
use libdeflater::{CompressionLvl, Compressor};
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;
use std::io::Write;

/// A good size at a third of the time of the next better one.
const LEVEL: i32 = 6;
/// Offsets below this fit the short form of a pack's index, the only one written here.
const LIMIT: u64 = 1 << 31;

/// Writes a pack (gitformat-pack(5), version 2) of whole objects, without deltas.
pub(crate) struct PackWriter<W> {
    out: W,
    hasher: Sha1,
    offset: u64,
    compressor: Compressor,
    /// Each object's checksum and offset.
    entries: BTreeMap<ObjectId, (u32, u32)>,
}

impl<W: Write> PackWriter<W> {
    /// Begins a pack of `count` objects.
    pub(crate) fn new(out: W, count: usize) -> Result<Self, GitError> {
        let compressor = Compressor::new(CompressionLvl::new(LEVEL).map_err(|_| GitError::TooLarge)?);
        let mut pack = Self { out, hasher: Sha1::new(), offset: 0, compressor, entries: BTreeMap::new() };
        let count = u32::try_from(count).map_err(|_| GitError::TooLarge)?;
        pack.write(&[b"PACK".as_slice(), &2_u32.to_be_bytes(), &count.to_be_bytes()].concat())?;
        Ok(pack)
    }

    /// Adds an object whose name is known.
    pub(crate) fn add(&mut self, kind: ObjectKind, id: ObjectId, content: &[u8]) -> Result<(), GitError> {
        let mut entry = header(kind, content.len());
        let start = entry.len();
        entry.resize(start + self.compressor.zlib_compress_bound(content.len()), 0);
        let length = self.compressor.zlib_compress(content, &mut entry[start..]).map_err(|_| GitError::TooLarge)?;
        entry.truncate(start + length);
        let offset = u32::try_from(self.offset).ok().filter(|offset| u64::from(*offset) < LIMIT);
        self.entries.insert(id, (libdeflater::crc32(&entry), offset.ok_or(GitError::TooLarge)?));
        self.write(&entry)
    }

    /// Ends the pack: its checksum, and its index (version 2).
    pub(crate) fn finish(mut self) -> Result<(ObjectIdBytes, Vec<u8>), GitError> {
        let checksum: [u8; 20] = self.hasher.clone().finalize().into();
        self.out.write_all(&checksum).map_err(GitError::Write)?;
        self.out.flush().map_err(GitError::Write)?;
        let mut index = vec![0xff, b't', b'O', b'c'];
        index.extend(2_u32.to_be_bytes());
        for first in 0..=u8::MAX {
            let count = self.entries.keys().filter(|id| id.bytes()[0] <= first).count();
            index.extend(u32::try_from(count).map_err(|_| GitError::TooLarge)?.to_be_bytes());
        }
        self.entries.keys().for_each(|id| index.extend(id.bytes()));
        self.entries.values().for_each(|(crc, _)| index.extend(crc.to_be_bytes()));
        self.entries.values().for_each(|(_, offset)| index.extend(offset.to_be_bytes()));
        index.extend(checksum);
        let own: [u8; 20] = Sha1::digest(&index).into();
        index.extend(own);
        Ok((checksum, index))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), GitError> {
        self.out.write_all(bytes).map_err(GitError::Write)?;
        self.hasher.update(bytes);
        self.offset += bytes.len() as u64;
        Ok(())
    }
}

/// A SHA-1 that is no object's name.
pub(crate) type ObjectIdBytes = [u8; 20];

/// Kind and length: four bits of the length beside the kind, then seven a byte.
fn header(kind: ObjectKind, length: usize) -> Vec<u8> {
    let mut rest = length >> 4;
    let mut bytes = vec![((kind as u8) << 4) | (length & 0x0f) as u8];
    while rest > 0 {
        if let Some(last) = bytes.last_mut() {
            *last |= 0x80;
        }
        bytes.push((rest & 0x7f) as u8);
        rest >>= 7;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        assert_eq!(header(ObjectKind::Blob, 0), [0x30]);
        assert_eq!(header(ObjectKind::Blob, 15), [0x3f]);
        assert_eq!(header(ObjectKind::Commit, 16), [0x90, 0x01]);
        assert_eq!(header(ObjectKind::Tree, 0x1234), [0xa4, 0xa3, 0x02]);
    }
}
