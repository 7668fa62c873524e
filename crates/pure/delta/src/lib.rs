//! What differs between two images, by path and by package, never by the index of a layer.
//!
//! * [`Layer`] is what one layer says of paths, without contents; [`stack`] puts layers on each other and gives a [`FlatTree`], what a
//!   container sees.
//! * [`Alignment`] pairs the layers that both images have, and [`Search`] decides which of these must be read for an answer that
//!   holds: as a rule few of them.
//! * [`Delta`] is what differs between two trees, with its laws: it is empty for equal ones, [`Delta::mirror`] turns it round,
//!   [`Delta::apply`] makes the second tree of the first.
//! * [`Packages`] and [`Owners`] say which packages are in an image and which of them has a path; [`compare_packages`] tells their
//!   versions apart, and [`explain`] which paths differ because of that.
//! * [`Inside`] is what differs inside a file, as fields or as a text.
//! * [`Document`] is all of it as JSON, versioned; [`text`] is what a person reads of it, [`summary`] what goes into a pull request.

mod align;
mod aspect;
mod delta;
mod document;
mod explain;
mod facts;
mod flat;
mod inside;
mod layer;
mod markdown;
mod owners;
mod packages;
mod search;
mod shown;
mod text;

pub use align::{Alignment, Place};
pub use aspect::Aspect;
pub use delta::{Change, Delta, Move};
pub use document::{
    ChangeKind, Clock, Document, FORMAT, ImageDocument, Moved, PackageDocument, PathDocument, Setting, StateDocument,
};
pub use explain::{Explained, explain};
pub use facts::{Facts, What};
pub use flat::{FlatNode, FlatTree, stack};
pub use inside::{Field, Inside};
pub use layer::Layer;
pub use markdown::summary;
pub use owners::Owners;
pub use packages::{Package, PackageChange, Packages, compare_packages};
pub use search::Search;
pub use text::text;
