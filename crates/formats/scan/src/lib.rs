//! What [`lint`](sage_oci_lint::lint) asks of an image's files, learned in one pass while they are read.
//!
//! [`scan`] reads an image from its top and looks at each file that a container sees: the digest that dpkg knows, what an ELF file
//! needs, whether byte-code is that of its source, and texts that must not be there. Memory grows with the number of paths; of a file
//! of any size at most 32 MiB are kept, and of one at a time.

mod elf;
mod marks;
mod python;
mod scan;
mod texts;

pub use scan::{Scanned, created, scan};
