//! Checks of an image as its users would make them: each in a container of its own, timed, with its output on failure.
//!
//! [`run_checks`] runs what [`sage_oci_checks`] describes; the [`Report`] prints as text for people, as JSON
//! ([`Report::to_json`], versioned) and as JUnit ([`Report::to_junit`]). Nothing here knows what the image holds.

mod error;
mod junit;
mod outcome;
mod report;
mod runner;
mod text;

pub use error::SmokeError;
pub use outcome::{Outcome, Verdict};
pub use report::{REPORT_VERSION, Report};
pub use runner::{SmokeOptions, run_checks};
pub use text::{outcome_lines, summary};
