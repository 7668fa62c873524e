use sage_oci_closure::ClosureError;
use sage_oci_derivation::DerivationError;
use sage_oci_layout::LayoutError;
use sage_oci_names::StorePath;
use sage_oci_step::ClosureStepError;

/// Why a closure image could not be made.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum ClosureBuildError {
    /// The closure cannot be planned.
    #[error(transparent)]
    Step(#[from] ClosureStepError),
    /// What Nix says about a path cannot be read.
    #[error("Nix describes {path} in a way that is not understood: {why}")]
    PathInfo {
        /// The path.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// A path that Nix's database has and the disk has not.
    #[error("{path} is valid for Nix, but is not on disk")]
    #[hint(
        "the store is damaged, or somebody writes into it: `nix-store --verify-path {path}`, then \
         `nix-store --repair-path {path}`"
    )]
    Missing {
        /// The path.
        path: StorePath,
    },
    /// A path whose content is not what Nix's database says.
    #[error("{path} is not what Nix's database says: {why}")]
    #[hint(
        "the store is damaged, or somebody writes into it: `nix-store --verify-path {path}`, then \
         `nix-store --repair-path {path}`"
    )]
    Changed {
        /// The path.
        path: StorePath,
        /// What differs.
        why: String,
    },
    /// A file of a kind that store paths do not have.
    #[error("`{path}` is neither a file, nor a directory, nor a symbolic link")]
    Kind {
        /// The file.
        path: String,
    },
    /// A name or link that is not UTF-8.
    #[error("`{path}` has a name or target that is not UTF-8, which layers cannot hold")]
    NotUtf8 {
        /// The file, with what is not UTF-8 replaced.
        path: String,
    },
    /// A tree that is no directory.
    #[error("{path} is no directory, so it has no tree to appear in the root")]
    #[hint("wrap it in a path with the file where it shall appear, as `bin/x`")]
    NoTree {
        /// The path.
        path: StorePath,
    },
    /// One path from two sides.
    #[error("`/{path}` is brought twice: by {first} and by {second}")]
    #[hint("leave one of them out of `copyToRoot`, or join them with priorities first")]
    Twice {
        /// The path.
        path: String,
        /// Who brings it first.
        first: String,
        /// Who brings it too.
        second: String,
    },
    /// A permission that fits nothing.
    #[error("a permission names `{path}`, but nothing in this image's own layers is there")]
    #[hint("paths are absolute; a file that appears as a link has its permissions at the link's target")]
    NothingThere {
        /// The path.
        path: String,
    },
    /// A permission that cannot be had.
    #[error("the permission of `{path}` cannot be given: {why}")]
    Permission {
        /// The path.
        path: String,
        /// Why not.
        why: String,
    },
    /// A user that cannot be added.
    #[error("the user `{name}` cannot be added: {why}")]
    User {
        /// The name.
        name: String,
        /// Why not.
        why: String,
    },
    /// Capabilities that cannot be read.
    #[error(transparent)]
    Capabilities(#[from] ClosureError),
    /// The base image cannot be read.
    #[error("cannot read the base image {path}")]
    #[hint("give a folder with an OCI layout of the image's architecture")]
    Base {
        /// Its path.
        path: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A folder that is no layout.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A NAR cannot be described.
    #[error("cannot hash {path} as Nix does")]
    Nar {
        /// The path.
        path: StorePath,
        /// Why.
        source: Box<DerivationError>,
    },
}
