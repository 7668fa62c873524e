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
    /// A layer that is encrypted (`ocicrypt`); nobody reads it without a key.
    EncryptedLayer,
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
            Self::Layer(_) | Self::EncryptedLayer => "a layer's",
            Self::Other => "another one",
        }
    }
}

/// Other names of what this program knows: Docker's, and OCI's for layers that registries need not give out.
const SYNONYMS: [(&str, Kind); 12] = [
    ("application/vnd.docker.distribution.manifest.list.v2+json", Kind::Index),
    ("application/vnd.docker.distribution.manifest.v2+json", Kind::Manifest),
    ("application/vnd.docker.container.image.v1+json", Kind::Config),
    ("application/vnd.docker.image.rootfs.diff.tar", Kind::Layer(LayerType::Tar)),
    ("application/vnd.docker.image.rootfs.diff.tar.gzip", Kind::Layer(LayerType::Gzip)),
    ("application/vnd.docker.image.rootfs.diff.tar.zstd", Kind::Layer(LayerType::Zstd)),
    ("application/vnd.docker.image.rootfs.foreign.diff.tar", Kind::Layer(LayerType::Tar)),
    ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Kind::Layer(LayerType::Gzip)),
    ("application/vnd.docker.image.rootfs.foreign.diff.tar.zstd", Kind::Layer(LayerType::Zstd)),
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
        let encrypted = || {
            let inside = Self::from(self.0.strip_suffix("+encrypted")?.to_owned());
            matches!(inside.kind(), Kind::Layer(_)).then_some(Kind::EncryptedLayer)
        };
        known.or_else(layer).or_else(synonym).or_else(encrypted).unwrap_or(Kind::Other)
    }

    /// Whether it is that of a layer whose blob others need not hand on: Docker's `foreign` layers, OCI's `nondistributable` ones. A
    /// source may have such an image without their blobs, which lie at the descriptor's `urls`.
    pub fn is_nondistributable(&self) -> bool {
        self.layer_type().is_some() && (self.0.contains(".rootfs.foreign.") || self.0.contains(".nondistributable."))
    }

    /// A layer's type in OCI's words where Docker's stand; anything else as it is.
    ///
    /// skopeo and podman convert no OCI manifest that has layers in Docker's words
    /// (<https://github.com/containers/podman/issues/19949>), so they do not go into one of ours.
    pub fn in_oci_words(&self) -> Self {
        match self.layer_type().filter(|_| self.0.starts_with("application/vnd.docker.")) {
            Some(layer) if self.is_nondistributable() => {
                layer.as_str().replace(".layer.v1.", ".layer.nondistributable.v1.").into()
            }
            Some(layer) => Self::layer(layer),
            None => self.clone(),
        }
    }

    /// How a layer of this type is compressed, where it is a layer's.
    pub fn layer_type(&self) -> Option<LayerType> {
        match self.kind() {
            Kind::Layer(layer) => Some(layer),
            Kind::Index | Kind::Manifest | Kind::Config | Kind::EncryptedLayer | Kind::Other => None,
        }
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
        let gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
        assert_eq!(kind(&format!("{gzip}+encrypted")), Kind::EncryptedLayer);
        assert_eq!(kind(&format!("{gzip}+encrypted+encrypted")), Kind::Other);
        assert_eq!(kind("application/vnd.oci.image.config.v1+json+encrypted"), Kind::Other);
    }

    #[test]
    fn only_dockers_layers_get_other_words() {
        let said = |text: &str| MediaType::from(text.to_owned()).in_oci_words().to_string();
        for (docker, oci) in [
            ("application/vnd.docker.image.rootfs.diff.tar", "application/vnd.oci.image.layer.v1.tar"),
            ("application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.oci.image.layer.v1.tar+gzip"),
            (
                "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
            ),
        ] {
            assert_eq!((said(docker), said(oci)), (oci.to_owned(), oci.to_owned()));
            assert_eq!(MediaType::from(docker.to_owned()).kind(), MediaType::from(oci.to_owned()).kind());
            let foreign = |text: &str| MediaType::from(text.to_owned()).is_nondistributable();
            assert_eq!(foreign(docker), docker.contains("foreign"));
            assert_eq!(foreign(oci), foreign(docker));
        }
        let manifest = "application/vnd.docker.distribution.manifest.v2+json";
        assert_eq!(said(manifest), manifest);
        assert_eq!(said("text/x.nondistributable.y"), "text/x.nondistributable.y");
    }
}
