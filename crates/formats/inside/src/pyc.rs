use crate::fields::{Parts, content};
use data_encoding::HEXLOWER;

/// Byte-code by the fields of its header (PEP 552): the interpreter's magic, how it knows that it is out of date, and the code.
pub(crate) fn parts(bytes: &[u8]) -> Option<Parts> {
    let (header, code) = bytes.split_at_checked(16)?;
    if header[2..4] != *b"\r\n" {
        return None;
    }
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let flags = word(4);
    let mut parts = Parts::from([
        ("magic".to_owned(), u16::from_le_bytes([header[0], header[1]]).to_string()),
        ("flags".to_owned(), flags.to_string()),
        ("code".to_owned(), content(code)),
    ]);
    if flags & 1 == 1 {
        parts.insert("source hash".to_owned(), HEXLOWER.encode(&header[8..16]));
    } else {
        parts.insert("source time".to_owned(), word(8).to_string());
        parts.insert("source size".to_owned(), word(12).to_string());
    }
    Some(parts)
}
