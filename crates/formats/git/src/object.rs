use data_encoding::HEXLOWER;
use sha1::{Digest, Sha1};
use std::fmt;
use std::str::FromStr;

/// The kinds of objects that are written; the numbers are those of a pack's entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// A commit.
    Commit = 1,
    /// A folder.
    Tree = 2,
    /// A file's content, or a link's target.
    Blob = 3,
}

impl ObjectKind {
    fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
        }
    }
}

/// The name of an object: the SHA-1 of its kind, length and content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId([u8; 20]);

impl ObjectId {
    /// The name of an object with this content.
    pub fn of(kind: ObjectKind, content: &[u8]) -> Self {
        let mut hasher = Sha1::new();
        hasher.update(format!("{} {}\0", kind.word(), content.len()));
        hasher.update(content);
        Self(hasher.finalize().into())
    }

    /// The twenty bytes.
    pub fn bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

/// A text that is no object's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[error("`{0}` is not the name of an object of git: 40 hexadecimal digits in lower case")]
#[hint(none)]
pub struct NoObjectId(pub String);

impl FromStr for ObjectId {
    type Err = NoObjectId;
    fn from_str(text: &str) -> Result<Self, NoObjectId> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| NoObjectId(text.to_owned()))
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_every_git_knows() {
        assert_eq!(ObjectId::of(ObjectKind::Blob, b"").to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        let tree = ObjectId::of(ObjectKind::Tree, b"");
        assert_eq!(tree.to_string(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
        assert_eq!(tree.to_string().parse(), Ok(tree));
        for text in ["", "4b82", &tree.to_string().to_uppercase(), &"0".repeat(64)] {
            assert_eq!(text.parse::<ObjectId>(), Err(NoObjectId(text.to_owned())));
        }
    }
}
