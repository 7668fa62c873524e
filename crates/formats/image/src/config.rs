use crate::manifest::or_null;
use sage_oci_names::DiffId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The most layers an image may have: overlay mounts of the classic engines stop there.
pub const MAX_LAYERS: usize = 127;

/// What stands before a layer's name in its history entry.
pub(crate) const CREATED_BY: &str = "sage-oci layer ";

/// An image configuration (OCI image spec, image configuration).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// The architecture, OCI's name of it.
    pub architecture: String,
    /// The operating system; ours is always `linux`.
    pub os: String,
    /// The architecture's variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// When the image was made, RFC 3339; ours is the lock's date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// How a container of the image starts.
    #[serde(default, deserialize_with = "or_null")]
    pub config: ConfigSettings,
    /// The layers by their uncompressed content.
    pub rootfs: RootFs,
    /// One entry a layer in the same order, and others that stand for no layer; empty where others do not say.
    #[serde(default, deserialize_with = "or_null")]
    pub history: Vec<History>,
    /// What others say beside, as `author` or `os.version`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// How a container of the image starts (OCI image spec, image configuration, `config`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ConfigSettings {
    /// User name or id, as `sage` or `1000:1000`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Ports as `8888/tcp`.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "BTreeMap::is_empty")]
    pub exposed_ports: BTreeMap<String, Empty>,
    /// Environment as `NAME=value`; the order is kept.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// What every start runs.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "Vec::is_empty")]
    pub entrypoint: Vec<String>,
    /// The default command, or the default arguments of the entry point.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "Vec::is_empty")]
    pub cmd: Vec<String>,
    /// Where data is kept outside the layers.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "BTreeMap::is_empty")]
    pub volumes: BTreeMap<String, Empty>,
    /// The folder a container starts in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// Labels.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The signal that asks for an end, as `SIGTERM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// What others say beside: `Healthcheck`, `OnBuild`, `Shell`, keys of vendors.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The empty object that ports and volumes map to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}

/// The layers of an image by their uncompressed content (OCI image spec, `rootfs`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFs {
    /// Always `layers`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Diff ids, bottom first; Docker leaves them out where there are none.
    #[serde(default, deserialize_with = "or_null")]
    pub diff_ids: Vec<DiffId>,
}

/// How a layer came to be (OCI image spec, `history`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// When, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// By which command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// A remark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether the entry stands for no layer.
    #[serde(deserialize_with = "or_null", skip_serializing_if = "std::ops::Not::not")]
    pub empty_layer: bool,
    /// What others say beside, as `author`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}
