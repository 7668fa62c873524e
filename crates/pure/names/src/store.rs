use crate::NameError;
use crate::error::text_name;

/// The length of the hash part of a store path.
const HASH_LENGTH: usize = 32;
/// Nix's base-32 alphabet: without `e`, `o`, `u` and `t`.
const NIX32: &[u8] = b"0123456789abcdfghijklmnpqrsvwxyz";

/// An absolute path of one store object, such as `/nix/store/<hash>-<name>`, without anything below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StorePath(Box<str>);

impl StorePath {
    /// Parses an absolute store path (Nix manual, "Store Path").
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let fail = |why| Err(NameError::new("store path", text, why));
        if !text.starts_with('/') {
            return fail("it must be absolute");
        }
        let Some((_, base)) = text.rsplit_once('/') else {
            return fail("it must be absolute");
        };
        let Some((hash, name)) = base.split_at_checked(HASH_LENGTH) else {
            return fail("its last component is too short for a hash");
        };
        if !hash.bytes().all(|b| NIX32.contains(&b)) {
            return fail("its hash has characters outside Nix's base-32 alphabet");
        }
        let Some(name) = name.strip_prefix('-') else {
            return fail("a `-` must follow its hash");
        };
        if name.is_empty() || name.len() > 211 {
            return fail("its name must have 1 to 211 characters");
        }
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._?=".contains(&b)) {
            return fail("its name has characters that Nix does not allow");
        }
        Ok(Self(text.into()))
    }

    /// The name after the hash, as `sagemath-image`.
    pub fn name(&self) -> &str {
        &self.base()[HASH_LENGTH + 1..]
    }

    /// The last component, hash and name.
    pub fn base(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(_, base)| base)
    }

    /// The store directory that holds the path, as `/nix/store`.
    pub fn store_dir(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(dir, _)| dir)
    }

    /// Whether the path names a derivation.
    pub fn is_derivation(&self) -> bool {
        self.0.ends_with(".drv")
    }
}

text_name!(StorePath);

impl AsRef<std::path::Path> for StorePath {
    fn as_ref(&self) -> &std::path::Path {
        std::path::Path::new(&*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_path() {
        let path = StorePath::parse("/nix/store/00000000000000000000000000000000-a-b.drv").unwrap();
        assert_eq!((path.name(), path.store_dir(), path.is_derivation()), ("a-b.drv", "/nix/store", true));
        for bad in [
            "x",
            "/nix/store/short",
            "/nix/store/00000000000000000000000000000000",
            "/nix/store/e0000000000000000000000000000000-a",
        ] {
            assert!(StorePath::parse(bad).is_err(), "{bad}");
        }
    }
}
