//! Image and channel definitions, as people write them in TOML.
//!
//! An image may extend another one: it has the other's layers first and says only what comes on top.
//!
//! Every key is known or an error that names its line. Values that only an archive can judge (does this package
//! exist?) keep their place in the file, so that a later error can still name the line.

mod archive;
mod channel;
mod config;
mod error;
mod extension;
mod image;
mod located;
mod repository;
mod source;
mod unique;
mod upstream;
mod wheel;
mod written;

pub use archive::Archive;
pub use channel::{Channel, Suite};
pub use config::{Config, FileEntry, FileKind, User};
pub use error::DefinitionError;
pub use image::{Image, Resolved};
pub use located::Located;
pub use repository::Repository;
pub use source::Source;
pub use upstream::{Adjustment, Release, Root, Upstream};
pub use wheel::Wheel;
pub use written::LeftOut;
