use crate::{ClosureBuildError, NotMade, RunError};
use sage_oci_deb::DebError;
use sage_oci_files::FileError;
use sage_oci_layer::{ContentsError, LayerError};
use sage_oci_names::{LayerName, PackageName, Sha256};
use sage_oci_root::RootError;
use std::path::PathBuf;

/// Why a step could not be done. Nothing is left in its outputs then.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum StepError {
    /// A file of the builder's own.
    #[error(transparent)]
    Files(#[from] FileError),
    /// Files of the image's root cannot be made, or do not fit together.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The environment lacks what Nix sets for every builder.
    #[error("the environment variable `{name}` is not set")]
    #[hint("this runs as a builder of Nix; use `sage-oci build`")]
    Environment {
        /// The variable.
        name: &'static str,
    },
    /// The step itself makes no sense.
    #[error("the build step is malformed: {why}")]
    #[hint("the builder and what wrote the step are of different versions: take away `--builder`, or name a newer one")]
    Spec {
        /// The rule it breaks.
        why: String,
    },
    /// A package archive cannot be read.
    #[error("cannot read the archive {archive}")]
    Archive {
        /// Its path.
        archive: String,
        /// What is wrong with it.
        source: Box<DebError>,
    },
    /// A source archive cannot be unpacked.
    #[error("cannot unpack the source archive {archive}: {why}")]
    Source {
        /// Its path.
        archive: String,
        /// What is wrong with it.
        why: String,
    },
    /// A Python wheel cannot be installed.
    #[error("cannot install the wheel {archive}")]
    Wheel {
        /// Its path.
        archive: String,
        /// What is wrong with it.
        source: Box<sage_oci_wheel::WheelError>,
    },
    /// A patch of a source tree does not apply.
    #[error("the patch {patch} does not apply: {source}")]
    Patch {
        /// The patch.
        patch: String,
        /// Where and why not.
        source: sage_oci_git::PatchError,
    },
    /// A source tree's repository cannot be written.
    #[error("cannot write the repository of /{path}")]
    Repository {
        /// The tree.
        path: String,
        /// What is wrong.
        source: Box<sage_oci_git::GitError>,
    },
    /// The archive holds another package than the step says.
    #[error("the archive that should hold package {expected} holds `{found}`")]
    #[hint("the lock and the archive do not belong together: lock again, and judge the script that changed")]
    WrongPackage {
        /// The package of the step.
        expected: PackageName,
        /// The name in the archive's control file.
        found: String,
    },
    /// A maintainer script is not the one the census has judged.
    #[error("the script `{script}` of {package} is not the one in the lock: the lock says {}, the archive has {}", shown(*.expected), shown(*.found))]
    #[hint("the lock and the archive do not belong together: lock again, and judge the script that changed")]
    Script {
        /// The package.
        package: PackageName,
        /// The control file.
        script: String,
        /// The digest in the lock.
        expected: Option<Sha256>,
        /// The digest in the archive.
        found: Option<Sha256>,
    },
    /// A hard link names a file that is not unpacked from its package.
    #[error("package {package} has `/{path}` as a hard link to `/{target}`, which is not unpacked")]
    #[hint("exclude both names or none; a replaced file cannot be linked to")]
    HardLink {
        /// The package.
        package: PackageName,
        /// The link.
        path: String,
        /// The file it names.
        target: String,
    },
    /// The layer's writer refuses an entry.
    #[error("cannot write layer {layer}")]
    Layer {
        /// The layer.
        layer: LayerName,
        /// Why.
        source: Box<LayerError>,
    },
    /// A list of contents cannot be read or written.
    #[error("cannot use the list of contents {}", path.display())]
    Contents {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: Box<ContentsError>,
    },
    /// A document of an earlier step cannot be read.
    #[error("{} is malformed: {why}", path.display())]
    #[hint("build the earlier step again")]
    Document {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The step has no archive of a package whose file is needed.
    #[error("the build step has no archive of {package}, whose `/{path}` is needed")]
    #[hint("this is a defect of the program that wrote the step")]
    MissingArchive {
        /// The package.
        package: PackageName,
        /// The file.
        path: String,
    },
    /// Python did not do what it was asked.
    #[error("Python {version} cannot compile: {why}")]
    Python {
        /// Its version.
        version: String,
        /// What happened, with what it printed.
        why: String,
    },
    /// The archives cannot be fetched.
    #[error("cannot fetch the packages")]
    Fetch(#[source] Box<sage_oci_fetch::FetchError>),
    /// The image's documents cannot be made.
    #[error("cannot join the layers to an image")]
    Image(#[source] Box<sage_oci_image::ImageError>),
    /// A closure image cannot be made.
    #[error(transparent)]
    Closure(Box<ClosureBuildError>),
    /// The place where programs of a root are run cannot be made.
    #[error(transparent)]
    Enclosure(#[from] NotMade),
    /// Commands in a root did not give what they should.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Another thread stopped first; its error is the one that is reported.
    #[error("the build was stopped")]
    Stopped,
}

impl From<ClosureBuildError> for StepError {
    fn from(error: ClosureBuildError) -> Self {
        Self::Closure(Box::new(error))
    }
}

fn shown(digest: Option<Sha256>) -> String {
    digest.map_or_else(|| "none".to_owned(), |digest| digest.hex())
}

impl StepError {
    /// Whether the same step can succeed when it is simply run again.
    pub fn should_retry(&self) -> bool {
        match self {
            Self::Files(error) => error.should_retry(),
            Self::Fetch(error) => error.should_retry(),
            _ => false,
        }
    }
}
