//! A strict reader of tar archives: ustar, GNU's long names, pax (POSIX.1-2001).
//!
//! [`TarReader`] steps from entry to entry of a stream and gives each one's content. A [`Dialect`] says in what the archives of
//! packages, our own layers and other tools' layers differ; in everything else they are held to the same rules. They come from
//! outside: every length is checked, memory is bounded, and a bad byte is a [`TarError`] that names the entry.

mod dialect;
mod error;
mod header;
mod pax;
mod reader;
mod whiteout;

pub use dialect::{Dialect, End};
pub use error::{TarError, fill};
pub use reader::TarReader;
pub use whiteout::{OPAQUE, WHITEOUT};
