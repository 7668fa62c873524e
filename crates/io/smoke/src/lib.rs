//! Checks of an image as its users would make them: each in a container of its own, timed, with its output on failure.
//!
//! [`run_checks`] runs what [`sage_oci_checks`] describes: commands, containers that stay, the image's documents, images
//! built on top, and notebook servers through their published port. [`Report`]s print as one [`table`] for people, as JSON
//! ([`to_json`], versioned) and as JUnit ([`to_junit`]); they judge the rows of the contract by what ran. [`skip_impossible`]
//! tells without running anything what this machine cannot show. Nothing here knows what the image holds.

mod container;
mod documents;
mod error;
mod junit;
mod notebook;
mod outcome;
mod reasons;
mod report;
mod rows;
mod runner;
mod service;
mod text;
mod trouble;

pub use error::SmokeError;
pub use outcome::{Outcome, Verdict};
pub use reasons::{no_program, skip_impossible};
pub use report::{REPORT_VERSION, Report, to_json, to_junit};
pub use rows::{row_check, standing, unproved};
pub use runner::{SmokeOptions, run_checks};
pub use text::{details, summary, table};
