use sage_oci_names::StorePath;
use sage_oci_rebuild::Rebuild;
use sage_oci_source::BlobId;
use std::collections::{BTreeMap, BTreeSet};

/// A commit, as an image has it.
#[derive(Debug, Clone)]
pub struct Commit {
    /// What it changes.
    pub rebuild: Rebuild,
    /// Where contents are in the store.
    pub contents: BTreeMap<BlobId, StorePath>,
    /// Files that `meson setup` writes, as they are to be: their place in the store by path below the folder of modules.
    pub configured: BTreeMap<String, StorePath>,
    /// Files of the package, by path below the folder of modules, that the layers below shall not have: what the commit changes or
    /// removes. Where there are none, the packaged layers stay as they are, and what is removed is hidden by whiteouts.
    pub replaced: BTreeSet<String>,
    /// What labels and annotations say of it, by key.
    pub annotations: BTreeMap<String, String>,
    /// The commit as a work tree, for images that have the release's.
    pub checkout: Option<Checkout>,
}

/// A commit as a git work tree.
#[derive(Debug, Clone)]
pub struct Checkout {
    /// Its files as a tar, in the store.
    pub tree: StorePath,
    /// The commit object, in the store.
    pub commit: StorePath,
    /// The branch that is checked out.
    pub branch: Option<String>,
    /// Where it comes from.
    pub origin: Option<String>,
    /// The reference there that the branch follows.
    pub reference: Option<String>,
    /// Commits of submodules, by path.
    pub submodules: BTreeMap<String, String>,
}
