//! Nix's byte formats, as far as a tool needs them that makes derivations without an evaluator.
//!
//! - [`nix32`]: the base-32 spelling of hashes, [`compress_hash`] and [`StoreDir`]: how store paths are computed.
//! - [`Derivation`]: a `.drv` file as data, with its ATerm text ([`Derivation::to_bytes`], [`Derivation::parse`]).
//! - [`DerivationBuilder`] and [`Derivations`]: from inputs to output paths, as the `derivation` builtin does it.
//! - [`NarWriter`], [`NarTree`], [`nar_hash`]: Nix's archive format and its hash, streaming.
//! - [`ExportWriter`]: the stream that `nix-store --import` reads.
//!
//! Nothing here touches a file or a process. Every path and every byte of a `.drv` is held to what real Nix computes
//! by the tests in `tests/`.
//!
//! Only SHA-256 and only input-addressed and fixed outputs are known: Nix's other kinds are refused, not guessed at.

mod aterm;
mod builder;
mod derivation;
mod derivations;
mod digest;
mod error;
mod export;
mod finished;
mod modulo;
mod nar;
pub mod nix32;
mod store_dir;

pub use builder::{DerivationBuilder, FixedHash};
pub use derivation::{Derivation, Output};
pub use derivations::Derivations;
pub use digest::{DigestWriter, compress_hash, sha256};
pub use error::DerivationError;
pub use export::ExportWriter;
pub use finished::Finished;
pub use nar::{NarFile, NarHash, NarTree, NarWriter, nar_hash, nar_hash_of_directory};
pub use store_dir::StoreDir;
