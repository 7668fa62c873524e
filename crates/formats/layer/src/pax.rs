use crate::LayerError;
use std::collections::BTreeMap;
use std::io;

/// What a record of an extended header may say of an extended attribute, before its name.
pub(crate) const XATTR: &str = "SCHILY.xattr.";

/// The records of an extended header, by keyword; of two with one keyword the later holds (POSIX.1-2001 pax).
#[derive(Debug, Default)]
pub(crate) struct PaxRecords(BTreeMap<String, Vec<u8>>);

impl PaxRecords {
    /// Reads `length keyword=value\n` again and again. A value may hold any byte, newlines too, so only the length tells its end.
    pub(crate) fn parse(mut bytes: &[u8]) -> Result<Self, LayerError> {
        let mut records = BTreeMap::new();
        while !bytes.is_empty() {
            let (record, rest) = split_record(bytes).ok_or_else(|| bad("a record's length is wrong"))?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(|| bad("a record has no `=`"))?;
            let key = std::str::from_utf8(&record[..equals]).map_err(|_| bad("a keyword is not UTF-8"))?;
            if key.starts_with("GNU.sparse.") {
                return Err(bad("it is of a sparse file, which has no place in a layer"));
            }
            records.insert(key.to_owned(), record[equals + 1..].to_vec());
            bytes = rest;
        }
        Ok(Self(records))
    }

    /// The value of a keyword. An empty one takes the header's value back.
    pub(crate) fn get(&self, key: &str) -> Option<&[u8]> {
        self.0.get(key).map(Vec::as_slice).filter(|value| !value.is_empty())
    }

    /// A number; of one with a fraction the whole part.
    pub(crate) fn number(&self, key: &str) -> Result<Option<u64>, LayerError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let number = std::str::from_utf8(value).ok().and_then(|text| text.split('.').next()?.parse().ok());
        number.map(Some).ok_or_else(|| bad("a number is none"))
    }

    /// The extended attributes.
    pub(crate) fn xattrs(&self) -> BTreeMap<String, Vec<u8>> {
        let attributes = self.0.iter().filter_map(|(key, value)| Some((key.strip_prefix(XATTR)?, value)));
        attributes.map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }
}

/// The first record without length and newline, and what follows it.
fn split_record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    // A length of more digits would be longer than any header that is read.
    let space = bytes.iter().take(10).position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let (record, rest) = bytes.split_at_checked(length)?;
    Some((record.get(space + 1..)?.strip_suffix(b"\n")?, rest))
}

fn bad(why: &str) -> LayerError {
    LayerError::Read { source: io::Error::other(format!("an extended header cannot be read: {why}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_any_bytes() {
        let records = PaxRecords::parse(b"24 SCHILY.xattr.a=x\n1=\0\n9 size=7\n15 mtime=12.75\n8 path=\n").unwrap();
        assert_eq!(records.xattrs(), BTreeMap::from([("a".to_owned(), b"x\n1=\0".to_vec())]));
        assert_eq!(records.number("size").unwrap(), Some(7));
        assert_eq!(records.number("mtime").unwrap(), Some(12));
        assert_eq!(records.get("path"), None);
    }

    #[test]
    fn broken_records() {
        let broken =
            [&b"x"[..], b"9 size=7", b"99 size=7\n", b"0 a=b\n", b"3 a\n", b"7 size7\n", b"20 GNU.sparse.map=1\n"];
        for bytes in broken {
            assert!(PaxRecords::parse(bytes).is_err(), "{bytes:?}");
        }
        assert!(PaxRecords::parse(b"9 size=x\n").unwrap().number("size").is_err());
    }
}
