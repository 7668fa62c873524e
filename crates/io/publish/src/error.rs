use sage_oci_image::ImageError;
use sage_oci_names::BlobDigest;
use sage_oci_registry::RegistryError;
use sage_oci_tags::{Tag, TagsError};

/// Why an image's reports could not be read or written, or its tags not moved.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum PublishError {
    /// The registry refuses or cannot be reached.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The image cannot be read.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The image says too little of itself.
    #[error(transparent)]
    Tags(#[from] TagsError),
    /// A text that is no report of `smoke`.
    #[error("this is no report of `sage-oci smoke --report`: {why}")]
    #[hint("`sage-oci smoke REPOSITORY@sha256:... --report FILE` writes one")]
    NoReport {
        /// What is wrong with it.
        why: String,
    },
    /// A report from a later version.
    #[error("the report has version {found}; this program knows {known}")]
    #[hint("use the version that wrote it, or test again with this one")]
    OtherReport {
        /// Its version.
        found: u64,
        /// The one that is known.
        known: u64,
    },
    /// The digest leads to no image for Linux.
    #[error("{digest} has no image in it")]
    #[hint("give the digest that `sage-oci push` printed")]
    NoImage {
        /// The digest.
        digest: BlobDigest,
    },
    /// Others move the same tags, again and again.
    #[error("after {rounds} rounds {} are not where they should be: somebody else moves them, too", list(tags))]
    #[hint(
        "let one job at a time move the tags of a repository, by a lock of the CI service; the same command goes on from here"
    )]
    Contested {
        /// The tags that are not where they should be.
        tags: Vec<Tag>,
        /// How often it was tried.
        rounds: usize,
    },
}

impl PublishError {
    /// Whether the same again, later, can go better.
    pub fn should_retry(&self) -> bool {
        match self {
            Self::Registry(error) => error.should_retry(),
            Self::Contested { .. } => true,
            _ => false,
        }
    }
}

fn list(tags: &[Tag]) -> String {
    tags.iter().map(|tag| format!("`{tag}`")).collect::<Vec<_>>().join(", ")
}
