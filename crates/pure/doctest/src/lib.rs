//! What Sage's own tests (`sage -t`) said, and which of their failures are new.
//!
//! [`What`] is what a person asks for, [`testable`] what of a commit's changed files can be tested. [`read`] takes the log and
//! the statistics that `sage -t` writes and gives a [`Run`]: files, their failures, and what kept files from being tested to the end.
//! [`Known`] is the reviewed list of a release's own failures with their causes; [`compare`] holds a run against it.
//!
//! # Laws
//! - What was not understood is trouble, never a success: a file that `sage -t` calls failed has a failure or trouble here, and a run
//!   that did not come to its end says so.
//! - A failure is known by file, function and the first line of its example, without a remark at its end. Line numbers move with every edit, and count for nothing.
//! - A failure is known as often as the list says; one more of the same is new.
//!
//! Nothing is run here.

mod block;
mod compare;
mod error;
mod file_name;
mod known;
mod log;
mod progress;
mod run;
mod stats;
mod what;

pub use compare::{Comparison, Fixed, Judged, KnownFailure, compare};
pub use error::{DoctestError, WhatError};
pub use file_name::{FileName, testable};
pub use known::{FORMAT_VERSION, Known};
pub use log::{ABSENT, NOTHING, read};
pub use progress::Progress;
pub use run::{Failure, FileRun, Run};
pub use what::What;
