//! What a commit changes in a packaged program: which modules are compiled anew, and which installed files change, come or go.
//!
//! A distribution made a package of a release, with changes of its own ([`Packaged`]). A commit is merged with these changes
//! (`sage-oci-source`), and what then differs from the packaged files is all that an image of the commit needs: a module whose
//! whole closure of sources and whose commands are as they were stays the packaged one.
//!
//! Nothing here reads files or runs anything: trees are known by content, and the texts that are scanned are given.

mod decide;
mod error;
mod files;
mod modules;
mod packaged;
mod shape;
mod skeleton;
mod texts;

pub use decide::{Descriptions, Question, Rebuild, decide};
pub use error::RebuildError;
pub use files::Change;
pub use modules::ModuleBuild;
pub use packaged::{Commit, Packaged};
pub use shape::Shape;
pub use skeleton::Skeleton;
pub use texts::{Texts, is_scanned};
