use sage_oci_lint::Check;
use siphasher::sip::{SipHasher13, SipHasher24};
use std::hash::Hasher;

/// The first magic number of a Python whose keyed digest has one round and three (3.11; "Python/pyhash.c").
const ONE_AND_THREE: u16 = 3450;

/// The interpreter's magic number, with the two bytes that end it.
pub(crate) type Magic = u32;

/// What byte-code says of itself: whose it is, and how it knows its source.
pub(crate) fn byte_code(start: &[u8]) -> (Option<Magic>, Check) {
    let word = |at: usize| start.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    let (Some(magic), Some(flags), Some(first), Some(second)) = (word(0), word(4), word(8), word(12)) else {
        return (None, Check::None);
    };
    if magic.to_le_bytes()[2..] != *b"\r\n" {
        return (None, Check::None);
    }
    match flags & 1 {
        1 => (Some(magic), Check::Digest(u64::from(second) << 32 | u64::from(first))),
        _ => (Some(magic), Check::Time { mtime: first, size: second }),
    }
}

/// The digest by which byte-code of an interpreter knows a source (PEP 552, `importlib.util.source_hash`).
pub(crate) fn digest(magic: Magic, source: &[u8]) -> u64 {
    let (key, [low, high, ..]) = (u64::from(magic), magic.to_le_bytes());
    if u16::from_le_bytes([low, high]) >= ONE_AND_THREE {
        let mut hasher = SipHasher13::new_with_keys(key, 0);
        hasher.write(source);
        hasher.finish()
    } else {
        let mut hasher = SipHasher24::new_with_keys(key, 0);
        hasher.write(source);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_interpreters() {
        // importlib.util.source_hash(b"x = 1\n") of Python 3.11.
        let magic = u32::from_le_bytes([0xa7, 0x0d, b'\r', b'\n']);
        assert_eq!(digest(magic, b"x = 1\n").to_le_bytes(), [0x4c, 0x03, 0x72, 0xaa, 0x93, 0xf7, 0x52, 0x52]);
    }

    #[test]
    fn headers() {
        let head = |flags: u8| [0xa7, 0x0d, b'\r', b'\n', flags, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0];
        assert_eq!(byte_code(&head(0)).1, Check::Time { mtime: 1, size: 2 });
        assert_eq!(byte_code(&head(1)).1, Check::Digest(0x2_0000_0001));
        assert_eq!(byte_code(&head(3)).1, Check::Digest(0x2_0000_0001));
        assert_eq!(byte_code(b"#!/usr/bin/python").1, Check::None);
        assert_eq!(byte_code(b"short").1, Check::None);
    }
}
