//! What maintainer scripts would do, as typed effects, and the census that accounts for each script.
//!
//! No maintainer script ever runs in a build. Each one of a lock is accounted for by the SHA-256 of its text:
//! its effects are declared here, or it is shown to do nothing in an image, or the lock is refused.

mod census;
mod commands;
mod effect;
mod error;
mod judge;
mod local_directories;
mod shell;
mod triggers;

pub use census::{Census, Omission};
pub use effect::{Document, Effect, Mode, OwnedEffect, Slave};
pub use error::{CensusError, Refusal};
pub use judge::{Account, Judgement, Package, Verdict};
