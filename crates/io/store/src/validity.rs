use crate::command::batches;
use crate::{Access, Nix, StoreError};
use sage_oci_names::StorePath;
use std::collections::BTreeSet;

impl Nix {
    /// Which of the paths are in the store, whole and registered.
    ///
    /// A path that is not even on disk is not valid; only the rest is asked of Nix, all in one command (some 30 ms).
    pub fn is_valid(&self, paths: &[StorePath]) -> Result<Vec<bool>, StoreError> {
        let on_disk =
            |path: &&StorePath| self.access == Access::Remote || sage_oci_files::metadata(self.real_path(path)).is_ok();
        let asked: Vec<&StorePath> = paths.iter().filter(on_disk).collect::<BTreeSet<_>>().into_iter().collect();
        let mut valid: BTreeSet<&str> = asked.iter().map(|path| path.as_str()).collect();
        for batch in batches(&asked, |path| path.as_str().len()) {
            let mut command = self.command("nix-store");
            command.args(["--check-validity", "--print-invalid"]).args(batch.iter().map(|path| path.as_str()));
            for invalid in self.capture_plain("look what is in the store", command)? {
                valid.remove(invalid.as_str());
            }
        }
        Ok(paths.iter().map(|path| valid.contains(path.as_str())).collect())
    }
}
