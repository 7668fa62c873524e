//! Trees of source files: what is at each path, by content, wherever the files are.
//!
//! A file is known by the name that git gives its content ([`BlobId`]), so a repository tells a whole tree without a file being read,
//! and files of an archive are compared with it at no more than one hash each.

mod blob;
mod tree;

pub use blob::{BlobId, NoBlobId};
pub use tree::{FileKind, SourceFile, SourceTree};
