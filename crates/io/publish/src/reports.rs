use crate::{PublishError, REPORT, TestReport};
use sage_oci_names::BlobDigest;
use sage_oci_registry::Registry;
use serde_json::Value;

/// All reports that lie beside a digest, and what is wrong with those that cannot be read.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    pub(crate) good: Vec<TestReport>,
    pub(crate) problems: Vec<String>,
}

impl Reports {
    /// Reads them, content and all: what a list says of them is not believed.
    pub(crate) fn of(registry: &Registry, subject: &BlobDigest) -> Result<Self, PublishError> {
        let mut all = Self::default();
        for entry in registry.referrers(subject, REPORT)? {
            let read = match registry.artifact(&entry.digest, REPORT)? {
                Some(artifact) => TestReport::read(artifact, subject),
                // Others' artifacts, whose kind the list does not say, or says as something else.
                None if entry.rest.get("artifactType").and_then(Value::as_str) != Some(REPORT) => continue,
                None => Err("it is not there, or is no report".to_owned()),
            };
            match read {
                Ok(report) => all.good.push(report),
                Err(why) => all.problems.push(format!("report {} beside {subject}: {why}", entry.digest)),
            }
        }
        Ok(all)
    }

    /// The one that counts: the latest, and of two in one second one that fails.
    pub(crate) fn newest<'a>(reports: impl IntoIterator<Item = &'a TestReport>) -> Option<&'a TestReport> {
        reports.into_iter().max_by_key(|report| (report.ended, !report.is_green()))
    }

    /// The latest commit that the image has passed for.
    pub(crate) fn revised(&self) -> Option<i64> {
        let green = self.good.iter().filter(|report| report.is_green());
        green.filter_map(|report| report.commit.as_ref()).map(|commit| commit.revised).max()
    }
}
