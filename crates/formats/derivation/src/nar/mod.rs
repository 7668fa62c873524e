//! NAR, Nix's archive of one file tree (Nix manual, "Nix Archive (NAR) Format").
//!
//! It holds what Nix keeps of a file: its kind, content or target, whether it can be executed. Directories are
//! sorted by the bytes of their entries' names. So one tree has one archive.

mod hash;
mod tree;
mod wire;
mod writer;

pub use hash::{NarHash, nar_hash, nar_hash_of_directory};
pub use tree::NarTree;
pub(crate) use wire::{number, text};
pub use writer::{NarFile, NarWriter};
