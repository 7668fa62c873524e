use crate::{Outcome, SmokeError, Verdict, junit};
use serde::Serialize;

/// The version of the JSON report; it rises when a key changes its meaning or goes away.
pub const REPORT_VERSION: u32 = 1;

/// What became of all checks of an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The report's format, [`REPORT_VERSION`].
    pub version: u32,
    /// The image that was checked.
    pub image: String,
    /// How long everything took, in seconds.
    pub seconds: f64,
    /// The outcomes, in the order the checks are written down, the skipped ones last.
    pub checks: Vec<Outcome>,
}

impl Report {
    /// Whether every check that was run has passed.
    pub fn is_good(&self) -> bool {
        !self.checks.iter().any(Outcome::is_bad)
    }

    /// How many checks ended so.
    pub fn count(&self, verdict: &Verdict) -> usize {
        self.checks.iter().filter(|outcome| outcome.result == *verdict).count()
    }

    /// The report as JSON, with a newline at its end.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("a report has string keys and finite numbers");
        text + "\n"
    }

    /// The report as JUnit XML, as continuous integration servers read it.
    pub fn to_junit(&self) -> Result<String, SmokeError> {
        Ok(junit::report(self).to_string()?)
    }
}
