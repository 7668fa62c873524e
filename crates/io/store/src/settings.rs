use std::path::PathBuf;
use std::time::Duration;

/// How Nix is to be run. [`Default`] leaves to Nix and its configuration what they know better.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// How many builds run at once, but never more than Nix has build users; 0 leaves all to other machines.
    pub jobs: Option<u32>,
    /// How many processors one build may use (`NIX_BUILD_CORES`).
    pub cores: Option<u32>,
    /// `jobs` where neither that nor the user's `nix.conf` says anything; the number of processors if not given.
    pub usual_jobs: Option<u32>,
    /// `cores` where neither that nor the user's `nix.conf` says anything; all processors if not given.
    pub usual_cores: Option<u32>,
    /// Binary caches, separated by spaces; the empty text for none.
    ///
    /// If not given, those of the user's `nix.conf`; and none where that names none, for our derivations are in no public
    /// cache, and asking one that cannot be reached stalls.
    pub substituters: Option<String>,
    /// Whether builds are sandboxed; Nix's configuration decides if not given.
    pub sandbox: Option<bool>,
    /// Whether builds that can go on do so after one has failed. Otherwise they are stopped, and the error comes at once.
    pub keep_going: bool,
    /// How long builds may go on with neither a word from a builder nor processor time before they are taken to hang and are
    /// ended; for ever if not given.
    pub patience: Option<Duration>,
    /// Another store than Nix's usual one, as its `--store` names it: `local?root=/folder`, `unix:///socket`.
    pub store: Option<String>,
    /// The folder of Nix's commands, where it is not the first one on `PATH`.
    pub programs: Option<PathBuf>,
    /// Where logs of failed builds are left; `logs` in [`sage_oci_files::state_dir`] if not given.
    pub logs: Option<PathBuf>,
    /// Where files are laid out before they are added, best on the file system they lie on; [`sage_oci_files::cache_dir`] if
    /// not given.
    pub staging: Option<PathBuf>,
}
