use sage_oci_fetch::{Options, Progress};
use sage_oci_names::Sha256;
use sage_oci_tags::ImageVersion;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What makes a tree one of the project.
#[derive(Debug, Clone)]
pub struct Project {
    /// What people call it, as `Sage`.
    pub name: String,
    /// The folder with its source, as `src/sage`. A link or a submodule below it that leads elsewhere is refused.
    pub source: String,
    /// Files that a revision must have, beside the source.
    pub needed: Vec<Needed>,
    /// Files that may state the version; the first one that is there and does counts.
    pub versions: Vec<String>,
    /// The command that pins a version, which is put behind it: `sage-oci lock --sage`.
    pub pin: String,
}

/// A file without which a revision is of no use.
#[derive(Debug, Clone)]
pub struct Needed {
    /// Its path in the tree.
    pub path: String,
    /// What to do where it is missing.
    pub hint: String,
}

/// An archive of a version, known by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Where it can be had, in the order in which to ask: whole addresses of one file.
    pub urls: Vec<String>,
    /// Its length in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
}

/// How long a repository elsewhere is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A fetch that says nothing, or brings next to nothing, for so long is ended.
    pub silence: Duration,
    /// No fetch may take longer, whatever it says.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { silence: Duration::from_secs(60), whole: Duration::from_secs(3600) }
    }
}

/// What opening a revision needs beside its name.
pub struct Opening<'a> {
    /// What the tree must be.
    pub project: &'a Project,
    /// Tracked files are taken as they are in the work tree, and not as the commit has them.
    pub dirty: bool,
    /// The folder of what can be made again.
    pub cache: PathBuf,
    /// The versions that can be had.
    pub pins: &'a BTreeMap<ImageVersion, Pin>,
    /// How archives are downloaded.
    pub fetch: Options,
    /// Hears how a download goes.
    pub progress: &'a dyn Progress,
    /// Once true, everything ends soon with [`crate::RevisionError::Stopped`].
    pub stop: &'a AtomicBool,
    /// How long a repository elsewhere is waited for.
    pub limits: Limits,
    /// The program.
    pub git: &'a Path,
}

impl<'a> Opening<'a> {
    /// With the program `git`, the usual cache and limits, and without pins.
    pub fn new(
        project: &'a Project,
        pins: &'a BTreeMap<ImageVersion, Pin>,
        progress: &'a dyn Progress,
        stop: &'a AtomicBool,
    ) -> Self {
        Self {
            project,
            dirty: false,
            cache: sage_oci_files::cache_dir(),
            pins,
            fetch: Options::default(),
            progress,
            stop,
            limits: Limits::default(),
            git: Path::new("git"),
        }
    }
}
