//! Checks of an image as its users would make them: each in a container of its own, timed, with its output on failure.
//!
//! [`run_checks`] runs what [`sage_oci_checks`] describes: commands, containers that stay, the image's documents, images
//! built on top, and notebook servers through their published port. [`Report`]s print as one [`table`] for people, as JSON
//! ([`to_json`], versioned) and as JUnit ([`to_junit`]); they judge the rows of the contract by what ran. [`skip_impossible`]
//! tells without running anything what this machine cannot show. [`run_doctests`] runs Sage's own tests, and [`to_outcomes`] makes checks of
//! what they said. Nothing here knows what the image holds.

mod container;
mod doctest;
mod documents;
mod error;
mod junit;
mod notebook;
mod options;
mod outcome;
mod pressure;
mod reasons;
mod report;
mod rows;
mod runner;
mod service;
mod text;
mod trouble;
mod verdict;

pub use doctest::{Doctests, Tested, doctest_summary, run_doctests, to_outcomes};
pub use error::SmokeError;
pub use junit::to_junit;
pub use options::SmokeOptions;
pub use outcome::Outcome;
pub use reasons::{no_program, skip_impossible};
pub use report::{REPORT_VERSION, Report, to_json};
pub use rows::{row_check, standing, unproved};
pub use runner::run_checks;
pub use text::{details, summary, table};
pub use verdict::Verdict;
