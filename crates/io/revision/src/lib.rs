//! From what a person calls a revision of a project's source to its files and its identity.
//!
//! [`open`] takes a [`Wanted`](sage_oci_wanted::Wanted) and gives a [`Revision`]: which file is at which path, by content, what the
//! commit is called, and the contents on demand. Which project it is comes with the [`Project`] of the [`Opening`].
//!
//! - A repository is read as objects, through the `git` program, never through a checkout: filters, attributes, hooks and line ends
//!   play no part, and nothing is written to it.
//! - A repository elsewhere is fetched into one bare repository of the cache, as few objects as there can be. A fetch that was cut off
//!   anywhere leaves that one usable.
//! - An archive or a package is unpacked once into one file of the cache ([`archive_tree`], [`package_tree`]), found by its digest.
//!   That file gets its name when it is whole, and each content of it is held to its name when it is read.
//!
//! Git is asked for nothing on a terminal, may run no program that an address names, and gets no text of a person's where an option
//! could stand.

mod archive;
mod batch;
mod commit;
mod contents;
mod dirty;
mod error;
mod fetching;
mod folder;
mod git;
mod home;
mod index;
mod index_error;
mod kept;
mod links;
mod listing;
mod local;
mod near;
mod opening;
mod package;
mod remote;
mod resolve;
mod revision;
mod runner;
mod whole;

pub use archive::archive_tree;
pub use error::RevisionError;
pub use home::parse;
pub use index::{PUBLIC_INDEX, Published, find, newer, published};
pub use index_error::IndexError;
pub use opening::{Limits, Needed, Opening, Pin, Project};
pub use package::package_tree;
pub use resolve::open;
pub use revision::Revision;
