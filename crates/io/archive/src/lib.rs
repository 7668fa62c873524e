//! From a signed index to a lock.
//!
//! [`make_lock`] fetches a channel's signed release files ([`Survey`]), follows the hash chain down to the package indexes, resolves
//! what the images want, fetches the archives, looks into each one once, accounts for every maintainer script, plans
//! the layers and pins it all. Nothing is believed that the chain from a kept key does not cover. The answer depends on
//! the archive's state, the request and the previous lock alone.
//!
//! Below the cache directory lie `debs/<sha256>.deb`, `indexes/<sha256>` and `scans/`; all of it can be made again.

mod assemble;
mod compilers;
mod download;
mod error;
mod index;
mod interpreters;
mod layers;
mod machines;
mod make;
mod order;
mod overlap;
mod progress;
mod request;
mod scan;
mod scan_cache;
mod scripts;
mod select;
mod sources;
mod suite;
mod survey;
mod tools;
mod universe;
mod work;

pub use error::{ArchiveError, Overlap};
pub use make::make_lock;
pub use progress::{NoProgress, Progress, Step};
pub use request::{ImageRequest, LeftOut, LockRequest, SourceRequest, SuiteRequest};
pub use survey::{Newer, Survey};
pub use universe::candidate;
