use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use std::fmt;
use std::str::FromStr;

/// Git's name of a file's content: the SHA-1 of `blob`, its length and the content.
///
/// It tells files apart; what is built from is held to SHA-256 by the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlobId([u8; 20]);

impl BlobId {
    /// The name of a content.
    pub fn of(content: &[u8]) -> Self {
        let mut hasher = Sha1::new();
        hasher.update(format!("blob {}\0", content.len()));
        hasher.update(content);
        Self(hasher.finalize().into())
    }
}

/// A text that is no blob's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[error("`{0}` is not the name of a blob: 40 hexadecimal digits in lower case")]
#[hint(none)]
pub struct NoBlobId(pub String);

impl FromStr for BlobId {
    type Err = NoBlobId;
    fn from_str(text: &str) -> Result<Self, NoBlobId> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| NoBlobId(text.to_owned()))
    }
}

impl TryFrom<String> for BlobId {
    type Error = NoBlobId;
    fn try_from(text: String) -> Result<Self, NoBlobId> {
        text.parse()
    }
}

impl From<BlobId> for String {
    fn from(id: BlobId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_every_git_knows() {
        assert_eq!(BlobId::of(b"").to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        let id = BlobId::of(b"hello\n");
        assert_eq!(id.to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "e69d", "E69DE29BB2D1D6434B8B29AE775AD8C2E48C5391", &"g".repeat(40), &"0".repeat(42)] {
            assert_eq!(text.parse::<BlobId>(), Err(NoBlobId(text.to_owned())));
        }
    }
}
