use crate::{Nix, StoreError};
use sage_oci_names::StorePath;
use std::path::Path;

impl Nix {
    /// Makes `link` a symbolic link to a valid path and registers it as an indirect root of the garbage collector:
    /// while the link is there, the path stays.
    ///
    /// A link that is there already and points into the store is moved.
    pub fn add_root(&self, path: &StorePath, link: &Path) -> Result<(), StoreError> {
        let mut command = self.command("nix-store");
        command.args(["--realise", path.as_str(), "--indirect", "--add-root"]).arg(link);
        self.capture_plain("register a root of the garbage collector", command).map(drop)
    }
}
