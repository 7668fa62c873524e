//! Layers: reproducible tar, digests and compression in one pass.
//!
//! [`LayerWriter`] takes entries in order and writes a layer blob, [`read_layer`] takes one apart again, and
//! [`Contents`] is the list of what a layer holds, kept beside it for later steps.
//!
//! # The contract on bytes
//!
//! A blob's bytes depend on the entries in their order, the epoch and the compression, and on nothing else: not on
//! the number of threads, the sizes of reads, or timing. So the tar stream is cut into chunks ([`chunk_size`]),
//! and each chunk becomes a zstd frame or a gzip member of its own, made by a fresh compressor.
//! The diff id depends on entries and epoch alone.

mod compression;
mod contents;
mod cost;
mod diff_hasher;
mod digest;
mod error;
mod header;
mod path;
mod pool;
mod read_back;
mod sink;
mod tree;
mod writer;

pub use compression::{CHUNK, chunk_size};
pub use contents::{Conffile, ContentEntry, ContentKind, Contents, ContentsError, Library, PackageRecord};
pub use cost::{Cost, Costs, costs};
pub use error::LayerError;
pub use read_back::{ReadInfo, read_foreign_layer, read_layer};
pub use writer::{LayerInfo, LayerWriter, Options};
