use crate::NameError;
use data_encoding::HEXLOWER;

/// A SHA-256 digest as Debian writes it: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Takes the 32 bytes of a digest.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Parses 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        HEXLOWER
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| NameError::new("SHA-256 digest", text, "it must be 64 lower-case hexadecimal digits"))
    }

    /// The 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }
}

impl std::fmt::Display for Sha256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.hex())
    }
}

impl std::fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

impl std::str::FromStr for Sha256 {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Sha256 {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> String {
        digest.hex()
    }
}

/// Gives a digest with OCI's `sha256:` prefix its conversions.
macro_rules! oci_digest {
    ($type:ident, $kind:literal) => {
        impl $type {
            /// Wraps a plain digest.
            pub const fn new(digest: Sha256) -> Self {
                Self(digest)
            }

            /// The digest without its algorithm prefix.
            pub const fn sha256(&self) -> Sha256 {
                self.0
            }

            /// Parses `sha256:` and 64 hexadecimal digits (OCI image spec, descriptor, digests).
            pub fn parse(text: &str) -> Result<Self, NameError> {
                text.strip_prefix("sha256:").and_then(|hex| Sha256::parse(hex).ok()).map(Self).ok_or_else(|| {
                    NameError::new($kind, text, "it must be `sha256:` and 64 lower-case hexadecimal digits")
                })
            }
        }
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&format!("sha256:{}", self.0.hex()))
            }
        }
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "sha256:{}", self.0.hex())
            }
        }
        impl std::str::FromStr for $type {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }
        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }
        impl From<$type> for String {
            fn from(digest: $type) -> String {
                digest.to_string()
            }
        }
    };
}

/// The digest of a blob as it is stored and sent: of a compressed layer, a config, a manifest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlobDigest(Sha256);

oci_digest!(BlobDigest, "blob digest");

/// The digest of a layer's uncompressed tar stream; it never depends on the compression.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DiffId(Sha256);

oci_digest!(DiffId, "layer diff id");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_round_trip_and_refuse() {
        let hex = "ab".repeat(32);
        assert_eq!(Sha256::parse(&hex).unwrap().to_string(), hex);
        let text = format!("sha256:{hex}");
        assert_eq!(BlobDigest::parse(&text).unwrap().to_string(), text);
        for bad in ["", "AB", &hex[1..], &hex.to_uppercase()] {
            assert!(Sha256::parse(bad).is_err());
        }
        assert!(DiffId::parse(&hex).is_err());
    }
}
