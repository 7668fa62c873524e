//! ld.so.cache and the ELF facts it is made of.
//!
//! An image's `/etc/ld.so.cache` is made without running its `ldconfig`: [`ElfFacts`] are read from each shared object
//! where its bytes are at hand, a [`Root`] says which names lead to them, [`search_path`] reads the configuration, and
//! [`Scan`] makes the cache, byte for byte as glibc's own `ldconfig -r` would (new format, glibc 2.36 and later),
//! and names the links that `ldconfig` would have made.

mod cache;
mod compare;
mod conf;
mod directories;
mod error;
mod facts;
mod flags;
mod read;
mod release;
mod root;
mod scan;
mod strings;

pub use compare::compare_libraries;
pub use conf::{CONF, search_path};
pub use error::LdcacheError;
pub use facts::ElfFacts;
pub use release::Release;
pub use root::{Node, Root};
pub use scan::{Link, Scan, looks_like_library};
