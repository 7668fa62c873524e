use sage_oci_definition::{DefinitionError, Located};
use sage_oci_emit::RecipeFileError;
use sage_oci_files::FileError;
use sage_oci_lock::{LockError, VersionsError};
use sage_oci_recipe::RecipeError;
use std::path::PathBuf;

/// Why the project's folder does not answer.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum ProjectError {
    /// No `nix/images` at or above the working directory.
    #[error("no sage-oci project at {} or above it: there is no `nix/images` folder", start.display())]
    #[hint("run the command inside a checkout, or say where one is with `--project DIR`")]
    NotFound {
        /// Where the search began.
        start: PathBuf,
    },
    /// A name that no definition has.
    #[error("there is no {kind} `{name}`; there are {}", known.join(", "))]
    Unknown {
        /// What was looked for: `image` or `channel`.
        kind: &'static str,
        /// The name.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The channel was never locked for this architecture.
    #[error("channel `{channel}` has no lock: {} is not there", path.display())]
    #[hint("write it with `sage-oci lock --channel {channel}`")]
    NoLock {
        /// The channel.
        channel: String,
        /// Where the lock would be.
        path: PathBuf,
    },
    /// A key that a channel names.
    #[error("{}:{}: suite `{suite}` trusts the key `{}`, and {} is not there", key.file, key.line, key.value, path.display())]
    #[hint("put the armoured public key there, or correct `keys` in the channel's definition")]
    NoKey {
        /// The suite.
        suite: String,
        /// The key's name and place.
        key: Located<String>,
        /// Where the key would be.
        path: PathBuf,
    },
    /// A definition that cannot be used.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// A lock that cannot be used.
    #[error("{}: {source}", path.display())]
    Lock {
        /// The lock.
        path: PathBuf,
        /// What is wrong with it.
        source: LockError,
    },
    /// A file of pinned versions that cannot be used.
    #[error("{}: {source}", path.display())]
    Versions {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: VersionsError,
    },
    /// A lock and a definition that do not fit together.
    #[error("{}: {source}", path.display())]
    Recipe {
        /// The lock.
        path: PathBuf,
        /// What is wrong.
        source: RecipeError,
    },
    /// A recipe that is none.
    #[error("{document}: {source}")]
    #[hint("write it again with `sage-oci recipe`, which needs neither network nor Nix")]
    NoRecipe {
        /// The recipe, below the project's folder.
        document: String,
        /// What is wrong with it.
        source: RecipeFileError,
    },
    /// A recipe that was made from other files than those that are there.
    #[error("{document} is out of date: {why}")]
    #[hint("write it again with `sage-oci recipe`, which needs neither network nor Nix")]
    Stale {
        /// The recipe, below the project's folder.
        document: String,
        /// Which file differs, and how.
        why: String,
    },
    /// A file that cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
}
