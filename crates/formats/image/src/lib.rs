//! OCI images as bytes: config, manifest, index, layout, and one function that validates them all.
//!
//! The documents are those of the OCI image specification 1.1. Every document is written as canonical JSON
//! ([`canonical`]): keys sorted, no white space, no trailing newline, so equal inputs give equal digests on every
//! machine. That is why the structs are our own and small instead of a general crate's.
//!
//! An image is read through [`ImageSource`], one narrow view of the many places an image may live in: a folder, an
//! archive, a registry, memory ([`MemoryImage`]). This crate opens no file itself.
//!
//! * [`assemble_index`] joins images for several platforms to one.
//! * [`assemble`] turns layers and settings into the three documents and their digests.
//! * [`members`] lists what a source names, and [`Member::read`] decides what each of them is.
//! * [`Image::open`] reads one image of a source, digests checked.
//! * [`validate`] is the universal assert: whatever holds an image, it must pass this.

mod assemble;
mod below;
mod canonical;
mod config;
mod decode;
mod docker;
mod error;
mod expect;
mod hash;
mod image;
mod index;
mod joined;
mod manifest;
mod media_type;
mod member;
mod members;
mod memory;
mod open;
mod source;
#[cfg(test)]
mod testing;
mod validate;

pub use assemble::{Assembled, ImageInput, LayerRef, assemble};
pub use below::Below;
pub use canonical::canonical;
pub use config::{ConfigSettings, Empty, History, ImageConfig, MAX_LAYERS, RootFs};
pub use decode::uncompressed;
pub use docker::{DockerEntry, blob_path, docker_manifest, transport_index};
pub use error::{ImageError, SourceError};
pub use hash::{HashingReader, digest_of};
pub use image::{Image, ImageLayer};
pub use index::{AssembledIndex, IMAGE_LAYOUT_VERSION, Index, OCI_LAYOUT, OciLayout, assemble_index};
pub use joined::{Joined, agreed};
pub use manifest::{Descriptor, Manifest, Platform};
pub use media_type::{Kind, LayerType, MediaType};
pub use member::{Member, Other};
pub use members::{members, whole};
pub use memory::MemoryImage;
pub use source::{ImageSource, MAX_DOCUMENT, open_blob, read_blob, read_document};
pub use validate::{Depth, Report, ReportedImage, check_layer, validate};
