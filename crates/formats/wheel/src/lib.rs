//! Python wheels to installed files, as an installer would write them.
//!
//! [`install`] reads a wheel (binary distribution format, version 1) and gives every file with the path that it has once it is
//! installed for all users of a Debian system. Each file is held to its digest in the wheel's own `RECORD`. What is
//! installed has a `RECORD` of its own that names just the files that are there, an `INSTALLER`, and the programs of the
//! wheel's entry points, so that `pip list`, `pip show --files` and `importlib.metadata` tell the truth.
//!
//! Only wheels without compiled code are taken: they are the same on every architecture. The result depends on the wheel, the
//! [`Layout`] and the choice of files alone.

mod entry_points;
mod error;
mod install;
mod layout;
mod record;

pub use error::WheelError;
pub use install::{Installed, InstalledFile, install};
pub use layout::Layout;
