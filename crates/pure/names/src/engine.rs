use crate::{BlobDigest, NameError, Reference, ReferenceError};

/// What an engine calls an image: the digest of its config, or of its manifest in a store that keeps manifests. It is nobody's
/// to give or to move, unlike a [`Reference`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineId(BlobDigest);

impl EngineId {
    /// Parses `sha256:` and 64 hexadecimal digits, or the digits alone, as podman's own API has them.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let digest = if text.contains(':') { BlobDigest::parse(text) } else { text.parse().map(BlobDigest::new) };
        let why = "it must be 64 lower-case hexadecimal digits, usually after `sha256:`";
        digest.map(Self).map_err(|_| NameError::new("image Id of an engine", text, why))
    }

    /// Its first digits, enough for people: `sha256:` and twelve.
    pub fn short(&self) -> String {
        self.to_string().chars().take("sha256:".len() + 12).collect()
    }
}

impl From<BlobDigest> for EngineId {
    fn from(digest: BlobDigest) -> Self {
        Self(digest)
    }
}

impl std::fmt::Display for EngineId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Debug for EngineId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&self.0, f)
    }
}

impl std::str::FromStr for EngineId {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

/// Which of an engine's images is meant: by what the engine calls it, or by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineImage {
    /// By its Id, which stays.
    Id(EngineId),
    /// By a name, which somebody may give to another image.
    Name(Reference),
}

impl EngineImage {
    /// Parses what a person calls an image: an Id in full, or else a name.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        EngineId::parse(text).map_or_else(|_| Reference::parse(text).map(Self::Name), |id| Ok(Self::Id(id)))
    }
}

impl From<EngineId> for EngineImage {
    fn from(id: EngineId) -> Self {
        Self::Id(id)
    }
}

impl From<Reference> for EngineImage {
    fn from(name: Reference) -> Self {
        Self::Name(name)
    }
}

impl std::fmt::Display for EngineImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_digest() {
        let hex = "0f".repeat(32);
        let text = format!("sha256:{hex}");
        for given in [&text, &hex] {
            assert_eq!(EngineId::parse(given).unwrap().to_string(), text);
        }
        assert_eq!(EngineId::parse(&text).unwrap().short(), "sha256:0f0f0f0f0f0f");
        for bad in ["", "sha256:", "sha256:0f", "app:latest", &hex[1..], &hex.to_uppercase(), &format!("md5:{hex}")] {
            assert!(EngineId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_image_is_meant_by_id_or_by_name() {
        let id = format!("sha256:{}", "0f".repeat(32));
        assert_eq!(EngineImage::parse(&id), Ok(EngineId::parse(&id).unwrap().into()));
        assert_eq!(EngineImage::parse(&id[7..]).unwrap().to_string(), id);
        // Too short for an Id; engines try it as a name first, too.
        assert_eq!(EngineImage::parse("0f0f"), Ok(Reference::parse("0f0f").unwrap().into()));
        assert_eq!(EngineImage::parse("app:1").unwrap().to_string(), "app:1");
        assert!(EngineImage::parse("A").is_err());
    }
}
