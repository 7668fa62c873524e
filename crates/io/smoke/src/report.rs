use crate::{Outcome, Verdict};
use sage_oci_checks::{RowReport, Standing};
use sage_oci_doctest::Comparison;
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the JSON report; it rises when a key changes its meaning or goes away.
pub const REPORT_VERSION: u32 = 2;

/// What became of all checks of an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The image that was checked.
    pub image: String,
    /// How long everything took, in seconds.
    pub seconds: f64,
    /// The outcomes, in the order the checks are written down.
    pub checks: Vec<Outcome>,
    /// The rows of the contract, judged by what ran.
    pub contract: Vec<RowReport>,
    /// What Sage's own tests said, where they were run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doctests: Option<Comparison>,
    /// What else is known of the image, as names and values: which revision of the source it is of, and what that changes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub about: BTreeMap<String, String>,
}

impl Report {
    /// Whether every check that was run has passed.
    pub fn is_good(&self) -> bool {
        !self.checks.iter().any(Outcome::is_bad)
    }

    /// Takes over what another report says of the same image.
    pub fn absorb(&mut self, other: Self) {
        self.seconds += other.seconds;
        self.checks.extend(other.checks);
        self.contract.extend(other.contract);
        self.doctests = other.doctests.or(self.doctests.take());
    }

    /// How many checks ended so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.checks.iter().filter(|outcome| outcome.result == verdict).count()
    }

    /// How many rows of the contract stand so.
    pub fn rows(&self, standing: Standing) -> usize {
        self.contract.iter().filter(|row| row.result == standing).count()
    }
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    images: &'a [Report],
}

/// Reports as JSON, with a newline at the end: `version`, [`REPORT_VERSION`], and `images`.
pub fn to_json(reports: &[Report]) -> String {
    let document = Document { version: REPORT_VERSION, images: reports };
    let text = serde_json::to_string_pretty(&document).expect("a report has string keys and finite numbers");
    text + "\n"
}
