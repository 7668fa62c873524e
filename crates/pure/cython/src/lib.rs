//! Which files of a source tree a Cython module is made of: what Cython reads to make C of it, and the headers that the C compiler then reads.
//!
//! A [`Scanner`] reads each file once, whichever modules it belongs to. It sees statements as Cython's own parser does, so examples in docstrings
//! and comments do not count, and follows `cimport`, `include` and a module's own `.pxd`. Modules that are installed elsewhere are
//! not found in the tree and left out.

mod error;
mod include;
mod path;
mod scanner;
mod sources;
mod statement;
mod token;

pub use error::ScanError;
pub use scanner::{Closure, Header, Scanner};
pub use sources::Sources;
