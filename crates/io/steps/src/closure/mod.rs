//! Images of Nix closures: store paths in, an OCI layout out.
//!
//! Every path is walked once: what is read goes into the layer's tar stream and into the path's NAR digest, which must be
//! the one that Nix's database has. Owners, modes and capabilities are entries of the layer, never of the disk.
//!
//! Hard links are made of equal files of one store path, by content. What the file system says about links is not
//! asked: `nix-store --optimise` makes some on one machine and not on another, and a path that comes from a cache has lost
//! its own.

mod accounts;
mod base;
mod error;
mod graph;
mod image;
mod layer;
mod lower;
mod permissions;
mod registration;
mod root;
mod top;
mod tree;
mod twins;
mod whole;
mod write;

pub use base::{Base, read_base};
pub use error::ClosureBuildError;
pub(crate) use graph::PathInfo;
pub(crate) use image::run as run_image;
pub(crate) use layer::run as run_layer;
pub(crate) use top::run as run_top;
pub use whole::run as run_closure;
