//! Images as a container sees them, whoever made them.
//!
//! * [`walk`] reads an image from its top and hands each file that can be seen to a visitor, once, while it is digested; its answer is
//!   the [`FlatTree`](sage_oci_delta::FlatTree), and what its package database says.
//! * [`compare`] reads of two images what their comparison needs: the layers that they do not share, and of the others what
//!   [`Search`](sage_oci_delta::Search) asks for.
//! * [`Bodies`] gets the bytes of some paths again, bounded in memory.
//! * [`compare_settings`] compares how two images start and what they say of themselves.
//! * [`Dpkg`] is what dpkg's database in an image says, of any Debian.
//!
//! Layers are read in the foreign dialect, which takes ours, too. Each one that is read is held against the digests that the image's
//! documents promise. Memory grows with the number of paths, never with the size of files.

mod bodies;
mod compare;
mod dpkg;
mod error;
mod read;
mod settings;
mod walk;
mod work;

pub use bodies::Bodies;
pub use compare::{Compared, Side, compare};
pub use dpkg::{Dpkg, DpkgFiles};
pub use error::FlatError;
pub use read::{LayerRead, read_layer};
pub use settings::compare_settings;
pub use walk::{Walked, walk};
