use crate::Archive;
use sage_oci_names::Sha256;
use serde::{Deserialize, Serialize};

/// A source tree that the image has as a git work tree with one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name; part of its layer's name.
    pub name: String,
    /// Its version; the commit's tag.
    pub version: String,
    /// Where the `.tar.gz` is, tried in order; all end in the same file name.
    #[serde(serialize_with = "crate::archive::name_of")]
    pub urls: Vec<String>,
    /// The archive's digest.
    pub sha256: Sha256,
    /// The archive's size in bytes.
    pub size: u64,
    /// Where the tree lies, absolute; it belongs to the image's user.
    pub path: String,
    /// Author and committer, as `Name <address>`.
    pub author: String,
    /// Patches below `nix/images/files`, in the order in which they are applied.
    #[serde(default)]
    pub patches: Vec<String>,
}

impl Source {
    /// The archive.
    pub fn archive(&self) -> Archive<'_> {
        let Self { name, version, urls, sha256, size, .. } = self;
        Archive { name, version, urls, sha256: *sha256, size: *size }
    }

    /// What is wrong with the entry.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.archive().check("source")?;
        if !self.path.starts_with('/') || self.path.ends_with('/') || self.path.split('/').any(|part| part == "..") {
            return Err(format!("`path = \"{}\"` must be absolute, without `..` and a slash at the end", self.path));
        }
        match self.patches.iter().find(|patch| patch.contains('/')) {
            Some(patch) => Err(format!("`{patch}` must be a file name below nix/images/files")),
            None => Ok(()),
        }
    }
}
