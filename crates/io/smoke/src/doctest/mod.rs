//! Sage's own tests, `sage -t`, in a container of the image.

mod outcomes;
mod run;
mod words;

pub use outcomes::to_outcomes;
pub use run::{Doctests, Tested, run_doctests};
pub use words::doctest_summary;
