//! The nouns of the project, each a type of its own that is parsed once, at the edge.
//!
//! A value of one of these types is valid by construction; nothing further in needs to check it again.
//! Ordering of [`DebVersion`] is Debian policy 5.6.12; every other type orders by its text.

mod architecture;
mod compression;
mod debian;
mod digest;
mod engine;
mod error;
mod image;
mod reference;
mod store;
mod version;

pub use architecture::Architecture;
pub use compression::{Algorithm, Compression};
pub use debian::{PackageName, SourceName};
pub use digest::{BlobDigest, DiffId, Sha256};
pub use engine::{EngineId, EngineImage};
pub use error::NameError;
pub use image::{ChannelName, ImageName, LayerName};
pub use reference::{Reference, ReferenceError, ReferencePart};
pub use store::StorePath;
pub use version::DebVersion;
