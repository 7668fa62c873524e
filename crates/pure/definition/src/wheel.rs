use crate::download;
use sage_oci_names::Sha256;
use serde::Deserialize;

/// A Python wheel that is installed for every user, below `/usr/local`, beside the packages: what Python then imports by
/// this name is the wheel's. Without compiled code, so that it serves every architecture.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    /// The distribution's name, as in the wheel's file name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where the `.whl` is, tried in order; all end in the same file name.
    pub urls: Vec<String>,
    /// The archive's digest.
    pub sha256: Sha256,
    /// The archive's size in bytes.
    pub size: u64,
    /// Why it is there although the packages are not from there.
    pub reason: String,
    /// Patches below `nix/images/files`, in the order in which they are applied; paths in them are those in the wheel.
    #[serde(default)]
    pub patches: Vec<String>,
    /// Globs of installed paths that are left out, beside the image's own `exclude`.
    #[serde(default)]
    pub exclude: Vec<String>,
}

impl Wheel {
    /// The archive's file name.
    pub fn file_name(&self) -> &str {
        download::file_name(&self.urls)
    }

    /// What stands before the file name in each URL.
    pub fn roots(&self) -> Vec<String> {
        download::roots(&self.urls)
    }

    /// What is wrong with the entry.
    pub(crate) fn check(&self) -> Result<(), String> {
        download::check(&self.name, &self.version, &self.urls)?;
        // As installers compare names: dots and dashes are underscores in file names.
        let stem = format!("{}-{}-", self.name.replace(['-', '.'], "_"), self.version);
        if !self.file_name().starts_with(&stem) || !self.file_name().ends_with("-none-any.whl") {
            return Err(format!(
                "`{}` must be `{stem}...-none-any.whl`, a wheel without compiled code",
                self.file_name()
            ));
        }
        if let Some(patch) = self.patches.iter().find(|patch| patch.contains('/')) {
            return Err(format!("`{patch}` must be a file name below nix/images/files"));
        }
        match self.exclude.iter().find(|glob| !glob.starts_with(['/', '*'])) {
            Some(glob) => Err(format!("`exclude = \"{glob}\"` must be a glob of absolute paths")),
            None => Ok(()),
        }
    }
}
