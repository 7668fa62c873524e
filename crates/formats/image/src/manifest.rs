use crate::{LayerType, MediaType};
use sage_oci_names::{Architecture, BlobDigest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The machine an image is for (OCI image spec, index, `platform`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// The architecture, OCI's name of it.
    pub architecture: String,
    /// The operating system; ours is always `linux`.
    pub os: String,
    /// The architecture's variant, `v8` for arm64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// The platform of a Linux image.
    pub fn linux(architecture: Architecture) -> Self {
        let variant = match architecture {
            Architecture::Amd64 => None,
            Architecture::Arm64 => Some("v8".to_owned()),
        };
        Self { architecture: architecture.debian().to_owned(), os: "linux".to_owned(), variant }
    }

    /// Whether an image of this platform runs on Linux of that architecture.
    pub fn is_linux(&self, architecture: Architecture) -> bool {
        self.os == "linux" && self.architecture == architecture.debian()
    }
}

/// What points at a blob: its type, digest and size (OCI image spec, descriptor).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What the blob is.
    pub media_type: MediaType,
    /// The blob's digest.
    pub digest: BlobDigest,
    /// The blob's size in bytes.
    pub size: u64,
    /// Further facts, by reverse-domain keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The platform, on manifests inside an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
}

impl Descriptor {
    /// A descriptor without annotations and platform.
    pub fn new(media_type: MediaType, digest: BlobDigest, size: u64) -> Self {
        Self { media_type, digest, size, annotations: BTreeMap::new(), platform: None }
    }

    /// The descriptor of bytes in hand.
    pub fn of(media_type: MediaType, bytes: &[u8]) -> Self {
        Self::new(media_type, crate::digest_of(bytes), bytes.len() as u64)
    }

    /// The layer's type, where a layer is described.
    pub fn layer_type(&self) -> Option<LayerType> {
        self.media_type.layer()
    }
}

/// An image manifest: one config and its layers, bottom first (OCI image spec, manifest).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Always 2.
    pub schema_version: u32,
    /// Always the manifest's own type; written, because registries decide by it.
    pub media_type: MediaType,
    /// The image configuration.
    pub config: Descriptor,
    /// The layers, bottom first.
    pub layers: Vec<Descriptor>,
    /// Facts about the image that its lock determines.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}
