//! A package mirror that misbehaves on demand, for the tests of anything that downloads.
//!
//! [`Mirror::serve`] answers HTTP/1.1 on `127.0.0.1` from a folder: `GET`, `HEAD`, byte ranges, kept connections.
//! [`Mirror::on`] then makes chosen requests go wrong, each in one way that real mirrors have shown: a status, silence,
//! a body that stops half-way, other bytes than promised, a range that is ignored. Every request is recorded, so that
//! a test can say not only that a download came through but how.
//!
//! ```
//! # let folder = tempfile::tempdir().unwrap();
//! # sage_oci_files::write_atomic(folder.path().join("a.deb"), b"x").unwrap();
//! use sage_oci_fake_mirror::{Fault, Mirror, When};
//! let mirror = Mirror::serve(folder.path()).unwrap();
//! mirror.on("/pool/*.deb", When::First(1), Fault::Status(503));
//! // ... run the code under test against mirror.url() ...
//! assert!(mirror.requests().is_empty());
//! ```
//!
//! It is written on plain sockets and threads, not on a web framework: a framework is made to keep its users from
//! sending a wrong length, half a body or a TCP reset, and these are the very things wanted here.

mod connection;
mod fault;
mod glob;
mod request;
mod server;
mod state;

pub use fault::{Fault, When};
pub use request::Request;
pub use server::Mirror;
