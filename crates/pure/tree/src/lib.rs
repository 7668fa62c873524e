//! Paths of images, and trees of what is at them.
//!
//! * [`ImagePath`] is the one form of a path: relative to the image's root, normal, unable to lead out of it.
//! * [`Entry`] is what an archive or a layer says of a path, removals among it.
//! * [`Kind`] is what is at a path in the end, [`Node`] the same with its owner and mode, and [`Tree`] an image's paths
//!   with either of them: layers put on each other, links followed inside the root.

mod entry;
mod error;
mod kind;
mod path;
mod resolve;
mod tree;

pub use entry::{Entry, EntryKind};
pub use error::PathError;
pub use kind::{Kind, Node, Place};
pub use path::ImagePath;
pub use resolve::MOST_LINKS;
pub use tree::Tree;
