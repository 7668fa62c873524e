use crate::PublishError;
use serde::Deserialize;

/// The version of the report that `smoke` writes.
pub(crate) const KNOWN: u64 = 2;

/// What is counted in a report of `smoke`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcomes {
    /// What it calls the image.
    pub(crate) image: String,
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

#[derive(Deserialize)]
struct Text {
    images: Vec<OfImage>,
}

#[derive(Deserialize)]
struct OfImage {
    image: String,
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    result: String,
}

impl Outcomes {
    /// Reads a report, which has to be about one image.
    pub(crate) fn read(json: &[u8]) -> Result<Self, PublishError> {
        let no = |why: String| PublishError::NoReport { why };
        let Versioned { version } = serde_json::from_slice(json).map_err(|error| no(error.to_string()))?;
        if version != KNOWN {
            return Err(PublishError::OtherReport { found: version, known: KNOWN });
        }
        let mut text: Text = serde_json::from_slice(json).map_err(|error| no(error.to_string()))?;
        let (Some(one), true) = (text.images.pop(), text.images.is_empty()) else {
            return Err(no("it is not about one image alone".to_owned()));
        };
        let count = |result: &str| one.checks.iter().filter(|check| check.result == result).count() as u64;
        let (passed, skipped) = (count("passed"), count("skipped"));
        let failed = one.checks.len() as u64 - passed - skipped;
        Ok(Self { image: one.image, passed, failed, skipped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_is_refused() {
        for (text, why) in [
            ("", "EOF"),
            ("[]", "no report"),
            (r#"{"version":3}"#, "version 3"),
            (r#"{"version":1,"images":[]}"#, "version 1"),
            (r#"{"version":2}"#, "images"),
            (r#"{"version":2,"images":[]}"#, "not about one image"),
            (r#"{"version":2,"images":[{"image":"a","checks":[]},{"image":"b","checks":[]}]}"#, "not about one image"),
            (r#"{"version":2,"images":[{"image":"a","checks":[{}]}]}"#, "result"),
        ] {
            let error = Outcomes::read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_result_that_nobody_knows_is_no_pass() {
        let text = r#"{"version":2,"images":[{"image":"a","checks":[{"result":"passed"},{"result":"odd"},{"result":"skipped"}]}]}"#;
        let outcomes = Outcomes::read(text.as_bytes()).unwrap();
        assert_eq!((outcomes.passed, outcomes.failed, outcomes.skipped), (1, 1, 1));
    }
}
