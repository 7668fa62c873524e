use crate::{Files, GitError};
use sha1::{Digest, Sha1};

/// Names longer than this have it as their length (gitformat-index(5)).
const LONGEST: usize = 0xfff;

/// The staging index, version 2, of a work tree whose files all have the time `epoch`.
///
/// Device, inode and change time are not known before the tree lies somewhere: git looks at the contents once and then
/// writes them itself.
pub(crate) fn index(files: &Files, epoch: u64) -> Result<Vec<u8>, GitError> {
    let number = |value: u64| u32::try_from(value).map_err(|_| GitError::TooLarge);
    let mut bytes = b"DIRC".to_vec();
    bytes.extend(2_u32.to_be_bytes());
    bytes.extend(number(files.len() as u64)?.to_be_bytes());
    // Sorted by the bytes of the whole path, as the map is.
    for (path, file) in files {
        let start = bytes.len();
        let time = number(epoch)?;
        // Change and modification time, each with nanoseconds; device, inode, mode, uid, gid, size.
        for field in [time, 0, time, 0, 0, 0, file.mode.bits(), 0, 0, number(file.size)?] {
            bytes.extend(field.to_be_bytes());
        }
        bytes.extend(file.id.bytes());
        let length = u16::try_from(path.len().min(LONGEST)).unwrap_or(u16::MAX);
        bytes.extend(length.to_be_bytes());
        bytes.extend(path.as_bytes());
        // One to eight NULs, so that the entry's length is a multiple of eight.
        let padding = 8 - (bytes.len() - start) % 8;
        bytes.resize(bytes.len() + padding, 0);
    }
    let checksum: [u8; 20] = Sha1::digest(&bytes).into();
    bytes.extend(checksum);
    Ok(bytes)
}
