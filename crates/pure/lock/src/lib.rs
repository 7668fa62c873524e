//! The lock file: every package of a channel's images, pinned, with why it is there and where it goes.

mod error;
mod format;

pub use error::LockError;
pub use format::{
    Archive, FORMAT, FetchGroup, ImagePlan, IndexPin, LockedLayer, Lock, LockedPackage, Omitted, Reason, SuitePin,
};
