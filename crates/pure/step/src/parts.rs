//! What several steps have.

use sage_oci_names::{Architecture, PackageName, Sha256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A package of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerPackage {
    /// Its name.
    pub name: PackageName,
    /// The archive.
    pub archive: String,
    /// Scripts that the census has judged, with the digests of their texts; the archive must hold exactly these.
    pub scripts: BTreeMap<String, Sha256>,
    /// Paths that another package replaces, and which one; they are not unpacked.
    pub replaced: BTreeMap<String, PackageName>,
}

/// A Python that runs from unpacked archives, outside its usual place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interpreter {
    /// Archives that hold it and every library it needs; they run on the machine that builds.
    pub archives: Vec<String>,
    /// `major.minor`, as `3.14`.
    pub version: String,
    /// The architecture of `archives`.
    pub architecture: Architecture,
}
