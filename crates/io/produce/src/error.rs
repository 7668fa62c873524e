use sage_oci_emit::DerivationError;
use sage_oci_fetch::FetchError;
use sage_oci_files::FileError;
use sage_oci_names::StorePath;
use sage_oci_recipe::{ClosureStepError, RecipeError};
use sage_oci_store::StoreError;

/// Why an image cannot be produced.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum ProduceError {
    /// The lock and the definition do not fit together.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// A closure has no steps.
    #[error(transparent)]
    Closure(#[from] ClosureStepError),
    /// Nix would not take a derivation.
    #[error(transparent)]
    Derivation(#[from] DerivationError),
    /// Nix refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Archives could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Each archive is what the lock says, and all together they are not.
    #[error("the archives of `{}` are those of the lock, and their folder is not what the lock promises: `{actual}`", promised.name())]
    #[hint("restore the committed lock; locks are not edited by hand")]
    Folder {
        /// Where the folder should be.
        promised: StorePath,
        /// Where it is.
        actual: String,
    },
    /// The base image cannot be read.
    #[error(transparent)]
    Base(#[from] sage_oci_steps::StepError),
    /// A file of ours.
    #[error(transparent)]
    File(#[from] FileError),
}
