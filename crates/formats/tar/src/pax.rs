use crate::TarError;
use std::collections::BTreeMap;

/// The prefix under which tar writers keep extended attributes.
const XATTR: &str = "SCHILY.xattr.";

/// What a PAX extended header (POSIX pax, "Extended Header") says about the next entry.
#[derive(Debug, Default)]
pub(crate) struct Pax {
    pub(crate) path: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) uid: Option<u64>,
    pub(crate) gid: Option<u64>,
    pub(crate) owner: Option<Vec<u8>>,
    pub(crate) group: Option<Vec<u8>>,
    pub(crate) mtime: Option<i64>,
    pub(crate) xattrs: BTreeMap<String, Vec<u8>>,
}

impl Pax {
    /// Parses the records `<length> <key>=<value>\n`.
    ///
    /// The length alone says where a record ends: the value of an attribute may hold newlines. Of two with one key the later
    /// holds; an empty value takes back what was said, so that the header counts again.
    pub(crate) fn parse(mut bytes: &[u8], entry: &str) -> Result<Self, TarError> {
        let malformed = |why| TarError::Header { entry: entry.to_owned(), why };
        let mut pax = Self::default();
        while !bytes.is_empty() {
            let space = bytes
                .iter()
                .take(11)
                .position(|byte| *byte == b' ')
                .ok_or_else(|| malformed("a PAX record has no length"))?;
            let length: usize = decimal(&bytes[..space])
                .and_then(|length| length.try_into().ok())
                .ok_or_else(|| malformed("a PAX record's length is not a number"))?;
            let record = bytes
                .get(space + 1..length)
                .and_then(|record| record.strip_suffix(b"\n"))
                .ok_or_else(|| malformed("a PAX record's length is wrong"))?;
            let equals =
                record.iter().position(|byte| *byte == b'=').ok_or_else(|| malformed("a PAX record has no `=`"))?;
            pax.set(&record[..equals], &record[equals + 1..]).map_err(malformed)?;
            bytes = &bytes[length..];
        }
        Ok(pax)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        let key = std::str::from_utf8(key).map_err(|_| "a PAX key is not UTF-8")?;
        if let Some(name) = key.strip_prefix(XATTR) {
            self.xattrs.insert(name.to_owned(), value.to_owned());
            return Ok(());
        }
        let said = Some(value).filter(|value| !value.is_empty());
        let text = || {
            let text = |value: &[u8]| std::str::from_utf8(value).map(str::to_owned);
            said.map(text).transpose().map_err(|_| "a PAX value is not UTF-8")
        };
        let number = || said.map(|value| decimal(value).ok_or("a PAX number is malformed")).transpose();
        match key {
            "path" => self.path = text()?,
            "linkpath" => self.link = text()?,
            "size" => self.size = number()?,
            "uid" => self.uid = number()?,
            "gid" => self.gid = number()?,
            // Of layers they are not looked at, so what they are is for whoever does.
            "uname" => self.owner = said.map(<[u8]>::to_vec),
            "gname" => self.group = said.map(<[u8]>::to_vec),
            "mtime" => {
                let time = text()?.map(|text| seconds(&text).ok_or("a PAX time is malformed"));
                self.mtime = time.transpose()?;
            }
            _ if key.starts_with("GNU.sparse.") => return Err("sparse files are refused"),
            // Access times, comments and vendors' keys say nothing that an image keeps.
            _ => {}
        }
        Ok(())
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whole seconds of a decimal time, rounded towards the past as stat(2) does.
fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let value = i64::try_from(decimal(digits.as_bytes())?).ok()?;
    let below = fraction.bytes().any(|byte| byte != b'0');
    if whole.starts_with('-') { value.checked_neg()?.checked_sub(i64::from(below)) } else { Some(value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn records_are_read_by_length() {
        let pax = Pax::parse(b"30 SCHILY.xattr.user.a=1\n2\n3=\n\n12 path=a b\n22 mtime=-1.500000000\n", "x");
        assert!(pax.is_err(), "a wrong length is refused");
        let pax = Pax::parse(b"30 SCHILY.xattr.user.a=1\n2\n3=\n12 path=a b\n14 mtime=-1.5\n", "x").unwrap();
        assert_eq!(pax.xattrs["user.a"], b"1\n2\n3=");
        assert_eq!((pax.path.as_deref(), pax.mtime), (Some("a b"), Some(-2)));
    }

    #[test]
    fn an_empty_value_leaves_the_word_to_the_header() {
        let pax = Pax::parse(b"9 size=7\n10 path=a\n8 size=\n8 path=\n24 SCHILY.xattr.user.b=\n15 mtime=12.75\n", "x");
        let pax = pax.unwrap();
        assert_eq!((pax.size, pax.path, pax.mtime), (None, None, Some(12)));
        assert_eq!(pax.xattrs["user.b"], b"", "an attribute may be empty");
        let later = Pax::parse(b"9 size=7\n9 size=8\n", "x").unwrap();
        assert_eq!(later.size, Some(8));
    }

    #[test]
    fn malformed_records_are_refused() {
        for bad in [
            &b"x"[..],
            b"5 a\n",
            b"99 a=b\n",
            b"6 a=bc",
            b"0 a=b\n",
            b" =\n",
            b"12 size=-12\n",
            b"22 GNU.sparse.major=1\n",
            b"9 size=x\n",
            b"3 a\n",
            b"7 size7\n",
            b"10 size=7.0\n",
            b"4 =\n\n",
        ] {
            assert!(Pax::parse(bad, "x").is_err(), "{:?}", String::from_utf8_lossy(bad));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = Pax::parse(&bytes, "x");
        }
    }
}
