//! Files whose every error names its path; atomic writes and locks.
//!
//! The one crate that calls `std::fs` itself. Everything here returns [`FileError`], which says what was
//! tried on which path and why it failed, so no caller ever has to report a bare "No such file or directory".
//!
//! Three promises the rest of the project leans on:
//! - a file or directory that should be there whole is there whole or not at all ([`write_atomic`],
//!   [`AtomicFile`], [`AtomicDir`]);
//! - a directory is listed in sorted order ([`list`]), so the file system's order reaches nobody's bytes;
//! - two runs that must not meet take turns ([`FileLock`]).
//!
//! [`open`] and [`create`] hand out plain [`std::fs::File`]s; give the errors of later reads and writes
//! their path with [`FileError::at`].

// The calls that are disallowed elsewhere are wrapped here, once, with the path in their errors.
#![allow(clippy::disallowed_methods)]

mod atomic;
mod directory;
mod disk;
mod error;
mod link;
mod lock;
mod place;
mod plain;
mod statvfs;

pub use atomic::{AtomicDir, AtomicFile, write_atomic, write_private};
pub use directory::{create_dir_all, list, remove_dir_all};
pub use disk::free_space;
pub use error::FileError;
pub use link::{hard_link_or_copy, read_link, real_path, symlink};
pub use lock::{FileLock, Holder};
pub use place::{cache_dir, state_dir};
pub use plain::{
    append, copy_new, create, create_new, create_program, exists, metadata, open, open_or_create, read, read_to_string,
    remove_file, rename, write_new,
};
