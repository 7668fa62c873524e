use crate::{Kind, MediaType};
use sage_oci_names::{Architecture, BlobDigest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What BuildKit writes for a platform that there is none of.
const UNKNOWN: &str = "unknown";

/// The machine an image is for (OCI image spec, index, `platform`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// The architecture, OCI's name of it; empty where others do not say.
    #[serde(default, deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub architecture: String,
    /// The operating system; ours is always `linux`, and it is empty where others do not say.
    #[serde(default, deserialize_with = "or_null", skip_serializing_if = "String::is_empty")]
    pub os: String,
    /// The architecture's variant, `v8` for arm64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// What others say beside, as `os.version`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Platform {
    /// The platform of a Linux image.
    pub fn linux(architecture: Architecture) -> Self {
        let variant = match architecture {
            Architecture::Amd64 => None,
            Architecture::Arm64 => Some("v8".to_owned()),
        };
        Self { architecture: architecture.debian().to_owned(), os: "linux".to_owned(), variant, rest: Map::new() }
    }

    /// Whether it names a machine: some leave its fields empty, and BuildKit writes `unknown` for what is no image.
    pub fn is_said(&self) -> bool {
        [&self.os, &self.architecture].into_iter().all(|text| !text.is_empty() && text != UNKNOWN)
    }

    /// Whether an image of this platform runs on Linux of that architecture.
    pub fn is_linux(&self, architecture: Architecture) -> bool {
        self.os == "linux" && self.architecture == architecture.debian()
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)
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
    #[serde(default, deserialize_with = "or_null", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The platform, on manifests inside an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// What others say beside, as `urls`, `data` or `artifactType`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A field that some write as `null` where it is empty.
pub(crate) fn or_null<'de, T: Default + Deserialize<'de>, D: serde::Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl Descriptor {
    /// A descriptor without annotations and platform.
    pub fn new(media_type: MediaType, digest: BlobDigest, size: u64) -> Self {
        Self { media_type, digest, size, annotations: BTreeMap::new(), platform: None, rest: Map::new() }
    }

    /// The descriptor of bytes in hand.
    pub fn of(media_type: MediaType, bytes: &[u8]) -> Self {
        Self::new(media_type, crate::digest_of(bytes), bytes.len() as u64)
    }

    /// Whether its words call it something else than an image: what says how another member was made (BuildKit's
    /// attestations), or an artifact of another kind.
    ///
    /// They are only words. They decide where nothing else does, and never what is read and checked; see [`crate::Member::read`].
    pub fn is_called_otherwise(&self) -> bool {
        let unknown = |platform: &Platform| platform.os == UNKNOWN || platform.architecture == UNKNOWN;
        self.annotations.contains_key("vnd.docker.reference.type")
            || self.platform.as_ref().is_some_and(unknown)
            || is_artifact(&self.rest)
    }
}

/// Whether an `artifactType` stands there, and is not an image configuration's.
pub(crate) fn is_artifact(rest: &Map<String, Value>) -> bool {
    match rest.get("artifactType") {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty() && MediaType::from(text.clone()).kind() != Kind::Config,
        Some(_) => true,
    }
}

/// An image manifest: one config and its layers, bottom first (OCI image spec, manifest).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Always 2.
    pub schema_version: u32,
    /// The manifest's own type; we write it, because registries decide by it. Others may leave it out.
    #[serde(default = "manifest_type")]
    pub media_type: MediaType,
    /// The image configuration.
    pub config: Descriptor,
    /// The layers, bottom first; some write `null` for none.
    #[serde(default, deserialize_with = "or_null")]
    pub layers: Vec<Descriptor>,
    /// Facts about the image; ours are those that its lock determines.
    #[serde(default, deserialize_with = "or_null", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// What others say beside, as `subject`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The specification lets a manifest leave its own type out.
fn manifest_type() -> MediaType {
    MediaType::MANIFEST
}
