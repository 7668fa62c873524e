//! What a person calls a revision of a project's source, and what it is called as a tag.
//!
//! [`Wanted`] is the argument, parsed once: a folder, a repository elsewhere, a version, an archive. [`Identity`] is what is known of
//! the revision that it led to, and [`tag`] the one name that an image of it gets. Which project it is, nothing here knows.

mod address;
mod identity;
mod reference;
mod stated;
mod tag;
mod wanted;

pub use address::{is_remote, without_password};
pub use identity::Identity;
pub use reference::{BadReference, Reference};
pub use stated::stated_version;
pub use tag::tag;
pub use wanted::{Wanted, WantedError};
