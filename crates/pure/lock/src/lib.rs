//! The lock file: every package of a channel's images, pinned, with why it is there and where it goes.
//!
//! A lock is data that people review: [`Lock::to_text`] writes one package, layer or effect a line, in an order of its
//! own, so that a version control system's diff reads well. [`Lock::parse`] takes nothing that contradicts itself.

mod check;
mod diff;
mod diff_images;
mod diff_notes;
mod diff_text;
mod error;
mod file;
mod format;
mod format_1;
mod python;
mod text;
mod versions;
mod view;
mod why;

pub use diff::{LayerChange, LockDiff, PackageChange, VersionChange};
pub use diff_images::{ImageChange, Standing};
pub use diff_notes::Note;
pub use error::LockError;
pub use file::LockFile;
pub use format::{
    FORMAT, FetchGroup, ImagePlan, IndexPin, Lock, LockedCompilers, LockedInterpreter, LockedLayer, LockedPackage,
    LockedSource, Omitted, Reason, SuitePin, ToolPackage,
};
pub use python::Python;
pub use versions::{PinnedArchive, Versions, VersionsError};
pub use why::Why;
