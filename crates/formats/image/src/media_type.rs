use serde::{Deserialize, Serialize};
use std::borrow::Cow;

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

    /// The type of a media type's text as OCI writes it, if it is a layer's.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Tar, Self::Gzip, Self::Zstd].into_iter().find(|layer| layer.as_str() == text)
    }
}

/// A media type: any text, since anybody may put anything into an index; [`MediaType::kind`] says what this program makes of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaType(Cow<'static, str>);

/// What a media type stands for, in OCI's words or in those of Docker's image manifest version 2, schema 2, which say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Manifests, as a rule one for each platform.
    Index,
    /// An image manifest. With a config of another kind it is the manifest of something that is no image.
    Manifest,
    /// An image configuration.
    Config,
    /// A layer.
    Layer(LayerType),
    /// Something else, which is passed on as it is.
    Other,
}

impl Kind {
    /// What to call it in an error.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Index => "an image index's",
            Self::Manifest => "an image manifest's",
            Self::Config => "an image configuration's",
            Self::Layer(_) => "a layer's",
            Self::Other => "another one",
        }
    }
}

/// Other names of what this program knows: Docker's, and OCI's for layers that registries need not give out.
const SYNONYMS: [(&str, Kind); 9] = [
    ("application/vnd.docker.distribution.manifest.list.v2+json", Kind::Index),
    ("application/vnd.docker.distribution.manifest.v2+json", Kind::Manifest),
    ("application/vnd.docker.container.image.v1+json", Kind::Config),
    ("application/vnd.docker.image.rootfs.diff.tar", Kind::Layer(LayerType::Tar)),
    ("application/vnd.docker.image.rootfs.diff.tar.gzip", Kind::Layer(LayerType::Gzip)),
    ("application/vnd.docker.image.rootfs.diff.tar.zstd", Kind::Layer(LayerType::Zstd)),
    ("application/vnd.oci.image.layer.nondistributable.v1.tar", Kind::Layer(LayerType::Tar)),
    ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", Kind::Layer(LayerType::Gzip)),
    ("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", Kind::Layer(LayerType::Zstd)),
];

impl MediaType {
    /// An image index.
    pub const INDEX: Self = Self(Cow::Borrowed("application/vnd.oci.image.index.v1+json"));
    /// An image manifest.
    pub const MANIFEST: Self = Self(Cow::Borrowed("application/vnd.oci.image.manifest.v1+json"));
    /// An image configuration.
    pub const CONFIG: Self = Self(Cow::Borrowed("application/vnd.oci.image.config.v1+json"));

    /// The type of a layer, as OCI writes it.
    pub const fn layer(layer: LayerType) -> Self {
        Self(Cow::Borrowed(match layer {
            LayerType::Tar => "application/vnd.oci.image.layer.v1.tar",
            LayerType::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
            LayerType::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
        }))
    }

    /// What it stands for.
    pub fn kind(&self) -> Kind {
        let known = [(Self::INDEX, Kind::Index), (Self::MANIFEST, Kind::Manifest), (Self::CONFIG, Kind::Config)];
        let known = known.into_iter().find(|(known, _)| known == self).map(|(_, kind)| kind);
        let layer = || LayerType::parse(&self.0).map(Kind::Layer);
        let synonym = || SYNONYMS.into_iter().find(|(text, _)| *text == self.0).map(|(_, kind)| kind);
        known.or_else(layer).or_else(synonym).unwrap_or(Kind::Other)
    }
}

impl From<String> for MediaType {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl std::fmt::Display for MediaType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layers_names_agree() {
        for layer in [LayerType::Tar, LayerType::Gzip, LayerType::Zstd] {
            assert_eq!(serde_json::to_string(&layer).unwrap(), format!("\"{}\"", layer.as_str()));
            assert_eq!(MediaType::layer(layer).to_string(), layer.as_str());
            assert_eq!(MediaType::layer(layer).kind(), Kind::Layer(layer));
            assert_eq!(LayerType::parse(layer.as_str()), Some(layer));
        }
    }

    #[test]
    fn any_text_is_kept_and_what_says_the_same_is_known() {
        let kind = |text: &str| {
            let read: MediaType = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), format!("\"{text}\""));
            read.kind()
        };
        assert_eq!(kind("text/html"), Kind::Other);
        assert_eq!(kind("application/vnd.docker.distribution.manifest.list.v2+json"), Kind::Index);
        assert_eq!(kind("application/vnd.docker.image.rootfs.diff.tar.gzip"), Kind::Layer(LayerType::Gzip));
        assert_eq!(kind("application/vnd.oci.image.config.v1+json"), Kind::Config);
        assert_eq!(kind("application/vnd.oci.image.config.v2+json"), Kind::Other);
    }
}
