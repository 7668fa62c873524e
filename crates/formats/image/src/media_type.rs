use serde::{Deserialize, Serialize};

/// How a layer's tar stream is stored (OCI image spec, media types).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LayerType {
    /// Plain tar: blob digest and diff id are the same digest.
    #[serde(rename = "application/vnd.oci.image.layer.v1.tar")]
    Tar,
    /// Gzip; every engine takes it.
    #[serde(rename = "application/vnd.oci.image.layer.v1.tar+gzip")]
    Gzip,
    /// Zstandard; Docker 20.10 does not take it.
    #[serde(rename = "application/vnd.oci.image.layer.v1.tar+zstd")]
    Zstd,
}

impl LayerType {
    /// The media type as it is written in a descriptor.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tar => "application/vnd.oci.image.layer.v1.tar",
            Self::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
            Self::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
        }
    }

    /// The type of a media type's text, if it is a layer's.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Tar, Self::Gzip, Self::Zstd].into_iter().find(|layer| layer.as_str() == text)
    }
}

/// The media types this project writes and reads. Any other is refused, with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MediaType {
    /// An image index.
    Index,
    /// An image manifest.
    Manifest,
    /// An image configuration.
    Config,
    /// A layer.
    Layer(LayerType),
}

impl MediaType {
    /// The media type as it is written in a descriptor.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Index => "application/vnd.oci.image.index.v1+json",
            Self::Manifest => "application/vnd.oci.image.manifest.v1+json",
            Self::Config => "application/vnd.oci.image.config.v1+json",
            Self::Layer(layer) => layer.as_str(),
        }
    }

    /// The layer's type, where it is a layer's.
    pub fn layer(self) -> Option<LayerType> {
        match self {
            Self::Layer(layer) => Some(layer),
            Self::Index | Self::Manifest | Self::Config => None,
        }
    }
}

impl std::fmt::Display for MediaType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// A media type that is none of those in [`MediaType`].
#[derive(Debug, thiserror::Error)]
#[error("media type `{0}` is not one that this program knows")]
pub struct UnknownMediaType(String);

impl TryFrom<String> for MediaType {
    type Error = UnknownMediaType;
    fn try_from(text: String) -> Result<Self, UnknownMediaType> {
        const ALL: [MediaType; 6] = [
            MediaType::Index,
            MediaType::Manifest,
            MediaType::Config,
            MediaType::Layer(LayerType::Tar),
            MediaType::Layer(LayerType::Gzip),
            MediaType::Layer(LayerType::Zstd),
        ];
        ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownMediaType(text))
    }
}

impl From<MediaType> for String {
    fn from(media_type: MediaType) -> String {
        media_type.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_agree_between_both_enums_and_serde() {
        for layer in [LayerType::Tar, LayerType::Gzip, LayerType::Zstd] {
            assert_eq!(serde_json::to_string(&layer).unwrap(), format!("\"{}\"", layer.as_str()));
            let parsed = MediaType::try_from(layer.as_str().to_owned()).unwrap();
            assert_eq!(parsed.layer(), Some(layer));
            assert_eq!(LayerType::parse(layer.as_str()), Some(layer));
        }
        let error = serde_json::from_str::<MediaType>("\"text/html\"").unwrap_err();
        assert!(error.to_string().contains("`text/html`"), "{error}");
    }
}
