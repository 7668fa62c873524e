//! Tiny Debian suites for tests.
//!
//! A [`Suite`] of [`Package`]s is written as a whole mirror folder: pool, indexes, `Release` and a signed `InRelease`.
//! dpkg and apt accept what comes out, unless a test asks for something hostile. All bytes depend on the builder's calls
//! alone: no clock, no random numbers, no order of folders.
//!
//! The packages are made with this crate's own writers of ar and tar, so that they are a second opinion on the readers
//! that are tested with them.
//!
//! ```
//! use sage_oci_fake_suite::{Package, Suite};
//!
//! let hello = Package::new("hello", "1.0-1")
//!     .depends("libx (>= 1)")
//!     .file("usr/bin/hello", 0o755, b"#!/bin/sh\necho hello\n")
//!     .conffile("etc/hello.conf", b"greeting=hello\n")
//!     .script("postinst", "#!/bin/sh\nset -e\n");
//! let suite = Suite::new("tiny").package(hello).package(Package::new("libx", "1.2-1").architecture("all"));
//! assert!(suite.files().contains_key("dists/tiny/InRelease"));
//! ```

mod archive;
mod bytes;
mod compression;
mod index;
mod key;
mod package;
mod suite;

pub use archive::deb_bytes;
pub use bytes::{header, tar_bytes};
pub use compression::Compression;
pub use key::{Key, SIGNING_FINGERPRINT, clear_sign, key_armored};
pub use package::Package;
pub use suite::{DATE, Suite};
/// The tar headers that [`Package::raw`] takes.
pub use tar;
