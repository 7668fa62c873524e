use crate::LdcacheError;
use std::collections::BTreeMap;

/// A table of strings, each ended by a zero byte, where one that ends another lies inside it.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    offsets: BTreeMap<String, u32>,
    bytes: Vec<u8>,
}

impl Strings {
    /// Lays out all strings: ordered backwards from their last bytes, so that a suffix comes right after what it ends.
    pub(crate) fn new(strings: impl IntoIterator<Item = String>) -> Result<Self, LdcacheError> {
        let mut table = Self { offsets: strings.into_iter().map(|string| (string, 0)).collect(), bytes: Vec::new() };
        let mut order: Vec<(&String, &mut u32)> = table.offsets.iter_mut().collect();
        order.sort_by(|(left, _), (right, _)| right.bytes().rev().cmp(left.bytes().rev()));
        let mut previous: Option<&String> = None;
        for (string, offset) in order {
            if !previous.is_some_and(|longer| longer.ends_with(string.as_str())) {
                table.bytes.extend_from_slice(string.as_bytes());
                table.bytes.push(0);
            }
            let start = table.bytes.len() - 1 - string.len();
            *offset = u32::try_from(start).map_err(|_| LdcacheError::TooLarge)?;
            previous = Some(string);
        }
        Ok(table)
    }

    /// Where a string of the table begins.
    pub(crate) fn offset(&self, string: &str) -> u32 {
        *self.offsets.get(string).expect("every string of a cache was put into its table")
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_shared() {
        let table = Strings::new(["so.1", "/lib/libz.so.1", "libz.so.1", "x"].map(str::to_owned)).unwrap();
        assert_eq!(table.bytes(), b"x\0/lib/libz.so.1\0");
        assert_eq!(["x", "/lib/libz.so.1", "libz.so.1", "so.1"].map(|text| table.offset(text)), [0, 2, 7, 12]);
    }
}
