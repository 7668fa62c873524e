//! Downloads: several mirrors, retries, resumption, digests.
//!
//! [`fetch_all`] brings files whose size and SHA-256 are known beforehand; [`get`] brings a modest index into memory.
//! What a caller may rely on:
//!
//! - A file at its target is whole and has the right digest. Until then its bytes lie next to it in `TARGET.part`,
//!   which outlives the run, is resumed by the next one, and is never taken for the file itself.
//! - A file already at its target with the right digest is not asked for again.
//! - Mirrors are tried in order. What waiting may cure (5xx, a time-out, a cut connection) is tried again after a fixed
//!   and growing pause; what it cannot cure (404, a wrong size or digest) sends the download to the next mirror at once.
//! - When every mirror has failed, the error says what each of them answered. Passwords in their URLs stay out of it.
//! - Two processes that fetch to the same target take turns, by a lock on the partial file.
//! - Plain HTTP needs no CA certificates, no clock and no home directory: it works in Nix's sandbox.
//!
//! No byte of what arrives is believed before its digest is known, so plain HTTP is as safe here as HTTPS.

mod client;
mod error;
mod fetch;
mod get;
mod mirror;
mod options;
mod pace;
mod part;
mod progress;
mod retry;
mod transfer;
mod wanted;

pub use error::{Answer, Failure, FetchError, Trouble};
pub use fetch::fetch_all;
pub use get::get;
pub use options::Options;
pub use progress::{NoProgress, Progress};
pub use wanted::{Summary, Wanted};
