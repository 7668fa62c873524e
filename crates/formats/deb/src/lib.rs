//! Debian archives and indexes: ar, control and data members, deb822.
//!
//! Everything here streams over [`std::io::Read`] or [`std::io::BufRead`] and never opens a file. Archives and indexes
//! come from outside: every length is checked, memory and unpacked size are bounded, and a bad byte is a
//! [`DebError`] that names the entry, the field or the line.
//!
//! * [`Deb`] reads a binary package (deb(5)): the control files at once, then the data entries as a stream.
//! * [`Ar`] is the container underneath, and [`TarReader`](sage_oci_tar::TarReader) reads its members.
//! * [`Stanza`] and [`StanzaReader`] are deb822 (deb822(5)); [`Release`] and [`IndexEntry`] are typed views of
//!   the stanzas of a suite's index.
//!
//! ```no_run
//! # fn main() -> Result<(), sage_oci_deb::DebError> {
//! # let reader: &[u8] = b"";
//! let deb = sage_oci_deb::Deb::open(reader)?;
//! println!("{}", deb.control().stanza()?.get("Package").unwrap_or("?"));
//! let limit = deb.control().unpacked_limit()?;
//! let mut data = deb.data(limit)?;
//! while let Some((entry, _body)) = data.next_entry()? {
//!     println!("{}", entry.path);
//! }
//! # Ok(())
//! # }
//! ```

mod ar;
mod compression;
mod control;
mod deb;
mod error;
mod index;
mod release;
mod stanza;
mod stanza_reader;

pub use ar::{Ar, Member};
pub use compression::{Compression, XZ_MEMORY_LIMIT};
pub use control::{CONTROL_LIMIT, Control, ControlFile, UNPACKED_SLACK, UNPACKED_UNSTATED};
pub use deb::{Data, Deb};
pub use error::DebError;
pub use index::{IndexEntry, MultiArch, read_packages};
pub use release::{IndexFile, Release};
pub use stanza::Stanza;
pub use stanza_reader::StanzaReader;
