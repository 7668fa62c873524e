use super::{AddedUser, ClosureImage, Owner, Permission, RootFiles};
use crate::Sealing;
use sage_oci_names::{Architecture, LayerName, Sha256, StorePath};
use serde::{Deserialize, Serialize};

/// A whole closure image in one derivation (output `out`). The closure comes beside the step, from Nix itself, as
/// `exportReferencesGraph` writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosureStep {
    /// What is asked for.
    pub image: ClosureImage,
    /// The paths whose closure it is.
    pub contents: Vec<StorePath>,
}

/// A path of a closure as Nix's database has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosureMember {
    /// The path.
    pub path: StorePath,
    /// The digest of its NAR.
    pub nar_sha256: Sha256,
    /// The size of its NAR, in bytes.
    pub nar_size: u64,
    /// What it refers to, sorted; itself may be among them.
    pub references: Vec<StorePath>,
}

/// A path that goes into a layer, and what it must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosurePath {
    /// The path.
    pub path: StorePath,
    /// The digest of its NAR; the file system must give it.
    pub nar_sha256: Sha256,
    /// The size of its NAR, in bytes.
    pub nar_size: u64,
}

impl From<&ClosureMember> for ClosurePath {
    fn from(member: &ClosureMember) -> Self {
        Self { path: member.path.clone(), nar_sha256: member.nar_sha256, nar_size: member.nar_size }
    }
}

/// One layer of store paths (output `out`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosureLayerStep {
    /// The layer's name.
    pub name: LayerName,
    /// Timestamp and compression.
    pub sealing: Sealing,
    /// The owner of everything.
    pub owner: Owner,
    /// The paths, sorted.
    pub paths: Vec<ClosurePath>,
    /// What differs below these paths.
    pub permissions: Vec<Permission>,
}

/// The top layer: the image's own files, and the store paths that lie there (output `out`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosureTopStep {
    /// The machine that the image is for; it picks the base image.
    pub architecture: Architecture,
    /// The store paths, with the layer's name and sealing.
    pub layer: ClosureLayerStep,
    /// Paths whose trees appear in the root.
    pub copy_to_root: Vec<StorePath>,
    /// As what.
    pub root_files: RootFiles,
    /// A user to be added.
    pub user: Option<AddedUser>,
    /// What `/nix-path-registration` says; nothing where there is to be none.
    pub registration: Vec<ClosureMember>,
    /// The base image, whose tree the new files must fit.
    pub from_image: Option<StorePath>,
}

/// Joins the layers of a closure image (output `out`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosureImageStep {
    /// What is asked for.
    pub image: ClosureImage,
    /// `out` outputs of the layers, bottom first.
    pub layers: Vec<StorePath>,
}
