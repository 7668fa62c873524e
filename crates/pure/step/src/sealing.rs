use serde::{Deserialize, Serialize};

/// How a layer's stream is sealed: its timestamp and compression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealing {
    /// Modification time of every entry, in seconds.
    pub epoch: u64,
    /// `none`, `gzip` or `zstd`.
    pub compression: String,
    /// The compressor's level; 0 for `none`.
    pub level: u32,
}
