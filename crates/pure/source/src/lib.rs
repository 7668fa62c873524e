//! Trees of source files: what is at each path, by content, wherever the files are.
//!
//! A file is known by the name that git gives its content ([`BlobId`]), so a repository tells a whole tree without a file being read,
//! and files of an archive are compared with it at no more than one hash each. [`merge`] brings two changes of a tree together.

mod blob;
mod merge;
mod text;
mod tree;

pub use blob::{BlobId, NoBlobId};
pub use merge::{Merge, MergeNote, Merged, Outcome, merge};
pub use text::Hunk;
pub use tree::{FileKind, SourceFile, SourceTree};
