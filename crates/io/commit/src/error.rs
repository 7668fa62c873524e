use sage_oci_fetch::FetchError;
use sage_oci_files::FileError;
use sage_oci_git::{GitError, PatchError};
use sage_oci_hint::Hint;
use sage_oci_meson::MesonError;
use sage_oci_names::ImageName;
use sage_oci_produce::ProduceError;
use sage_oci_rebuild::RebuildError;
use sage_oci_recipe::RecipeError;
use sage_oci_revision::RevisionError;
use sage_oci_store::StoreError;

/// Why there is no image of a commit.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum CommitError {
    /// The definition does not say what a commit changes in this channel.
    #[error("image `{image}` of channel `{channel}` cannot be made of a commit")]
    #[hint("{hint}")]
    NoUpstream {
        /// The image.
        image: ImageName,
        /// The channel.
        channel: String,
        /// What to do instead.
        hint: String,
    },
    /// The definition names a source that the image of the compilers does not have.
    #[error("image `{image}` has no source `{source_name}`, which a commit is compared with")]
    #[hint("correct `release` below `upstream` in the image's definition")]
    NoRelease {
        /// The image.
        image: ImageName,
        /// The source.
        source_name: String,
    },
    /// The lock has no such package.
    #[error("the lock has no package `{package}`, whose files a commit's take the place of")]
    #[hint("write the lock again: `sage-oci lock`")]
    NoPackage {
        /// The package.
        package: String,
    },
    /// A patch of the release does not fit it.
    #[error("the patch {patch} does not fit the release: {source}")]
    Patch {
        /// The patch.
        patch: String,
        /// Why.
        #[source]
        source: PatchError,
    },
    /// Meson cannot make anything of the commit, and what it read is not all as the distribution builds it.
    #[error("{source}")]
    #[hint(with = not_the_distributions(files, source))]
    Configure {
        /// The files that it read, and of which the commit's text was taken.
        files: Vec<String>,
        /// What meson said.
        source: ProduceError,
    },
    /// The commit's files cannot be written down.
    #[error(transparent)]
    Git(#[from] GitError),
    /// What meson wrote is not understood.
    #[error(transparent)]
    Meson(#[from] MesonError),
    /// What the commit changes cannot be told.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// The lock and the definition do not fit together.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The tree cannot be read.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// An archive cannot be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Nix.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A derivation.
    #[error(transparent)]
    Produce(#[from] ProduceError),
    /// A file of ours.
    #[error(transparent)]
    File(#[from] FileError),
}

/// That a commit's text may be why meson fails.
fn not_the_distributions(files: &[String], source: &ProduceError) -> Option<String> {
    let files = files.join(", ");
    let more = source.hint().map_or_else(String::new, |hint| format!("; {hint}"));
    Some(format!("the distribution had changed {files}, too, and the commit's text was taken, which may be why{more}"))
}
