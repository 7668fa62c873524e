use crate::Archive;
use sage_oci_names::Sha256;
use serde::{Deserialize, Serialize};

/// A Python wheel that is installed for every user, below `/usr/local`, beside the packages: what Python then imports by
/// this name is the wheel's. Without compiled code, so that it serves every architecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    /// The distribution's name as its index writes it, with dashes: it is part of the layer's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where the `.whl` is, tried in order; all end in the same file name.
    #[serde(serialize_with = "crate::archive::name_of")]
    pub urls: Vec<String>,
    /// The archive's digest.
    pub sha256: Sha256,
    /// The archive's size in bytes.
    pub size: u64,
    /// Why it is there although the packages are not from there.
    #[serde(skip_serializing)]
    pub reason: String,
    /// Globs of installed paths that are left out, beside the image's own `exclude`.
    #[serde(default)]
    pub exclude: Vec<String>,
}

impl Wheel {
    /// The archive.
    pub fn archive(&self) -> Archive<'_> {
        let Self { name, version, urls, sha256, size, .. } = self;
        Archive { name, version, urls, sha256: *sha256, size: *size }
    }

    /// What is wrong with the entry.
    pub(crate) fn check(&self) -> Result<(), String> {
        let file_name = self.archive().file_name();
        self.archive().check("wheel")?;
        // As installers compare names: dots and dashes are underscores in file names.
        let stem = format!("{}-{}-", self.name.replace(['-', '.'], "_"), self.version);
        if !file_name.starts_with(&stem) || !file_name.ends_with("-none-any.whl") {
            return Err(format!("`{}` must be `{stem}...-none-any.whl`, a wheel without compiled code", file_name));
        }
        match self.exclude.iter().find(|glob| !glob.starts_with(['/', '*'])) {
            Some(glob) => Err(format!("`exclude = \"{glob}\"` must be a glob of absolute paths")),
            None => Ok(()),
        }
    }
}
