use crate::PublishError;
use crate::annotations::{ARCHITECTURE, CHECKS, CREATED, FAILED, PASSED, REVISED, REVISION, SKIPPED, SUBJECT};
use crate::outcomes::Outcomes;
use jiff::Timestamp;
use sage_oci_image::{Descriptor, MediaType};
use sage_oci_names::{Architecture, BlobDigest};
use sage_oci_registry::{Artifact, Registry};
use std::collections::BTreeMap;
use std::time::SystemTime;

/// The kind of artifact that a test report is.
pub const REPORT: &str = "application/vnd.sage-oci.test-report.v1+json";

/// What became of the checks of an image, as it lies beside the image in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestReport {
    /// The architecture that was tested.
    pub architecture: Architecture,
    /// How many checks have passed.
    pub passed: u64,
    /// How many have not: they failed, came to no end, or could not be run.
    pub failed: u64,
    /// How many were skipped.
    pub skipped: u64,
    /// When the test ended, in seconds since 1970: of two reports the later one counts.
    pub ended: i64,
    /// The commit that asked for the image, where it is known.
    pub commit: Option<Commit>,
    /// The digest of the checks that were run, where it is known.
    pub checks: Option<BlobDigest>,
    /// What the report calls the image.
    pub image: String,
    /// The report as `smoke --report` writes it.
    pub json: Vec<u8>,
}

/// A commit and its place in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its hash.
    pub revision: String,
    /// Its committer's date, in seconds since 1970.
    pub revised: i64,
}

impl TestReport {
    /// A report that `smoke` has just written about one image.
    ///
    /// # Errors
    /// It is no such report, is about several images, or is of another version.
    pub fn new(json: Vec<u8>, architecture: Architecture, commit: Option<Commit>) -> Result<Self, PublishError> {
        Self::at(json, architecture, commit, now())
    }

    /// The same, at a time.
    ///
    /// # Errors
    /// As of [`TestReport::new`].
    pub fn at(
        json: Vec<u8>,
        architecture: Architecture,
        commit: Option<Commit>,
        ended: i64,
    ) -> Result<Self, PublishError> {
        let Outcomes { image, passed, failed, skipped } = Outcomes::read(&json)?;
        Ok(Self { architecture, passed, failed, skipped, ended, commit, checks: None, image, json })
    }

    /// Whether it speaks for the image: something was tried, and nothing has failed.
    pub fn is_green(&self) -> bool {
        self.failed == 0 && self.passed > 0
    }

    /// Whether a report about these very checks is beside an image, and has nothing against it.
    ///
    /// # Errors
    /// The registry refuses or cannot be reached.
    pub fn is_passed(registry: &Registry, subject: &BlobDigest, checks: &BlobDigest) -> Result<bool, PublishError> {
        for entry in registry.referrers(subject, REPORT)? {
            let said = |key: &str| entry.annotations.get(key).map(String::as_str);
            if said(CHECKS) == Some(&checks.to_string())
                && said(FAILED) == Some("0")
                && said(SUBJECT) == Some(&subject.to_string())
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Puts it beside what was tested, and gives its digest.
    ///
    /// # Errors
    /// The registry refuses.
    pub fn attach(&self, registry: &Registry, subject: &Descriptor) -> Result<BlobDigest, PublishError> {
        let mut annotations: BTreeMap<String, String> = [
            (PASSED, self.passed.to_string()),
            (FAILED, self.failed.to_string()),
            (SKIPPED, self.skipped.to_string()),
            (SUBJECT, subject.digest.to_string()),
            (ARCHITECTURE, self.architecture.to_string()),
            (CREATED, Timestamp::from_second(self.ended).unwrap_or_default().to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        if let Some(checks) = &self.checks {
            annotations.insert(CHECKS.to_owned(), checks.to_string());
        }
        if let Some(Commit { revision, revised }) = &self.commit {
            annotations.insert(REVISION.to_owned(), revision.clone());
            annotations.insert(REVISED.to_owned(), revised.to_string());
        }
        let (kind, media_type) = (REPORT.to_owned(), MediaType::from("application/json".to_owned()));
        Ok(registry.attach(subject, &Artifact { kind, media_type, bytes: self.json.clone(), annotations })?)
    }

    /// Reads one that lies beside `subject`; what is wrong with it otherwise.
    pub(crate) fn read(artifact: Artifact, subject: &BlobDigest) -> Result<Self, String> {
        let said = |key: &str| {
            let text = artifact.annotations.get(key).map(String::as_str);
            text.ok_or_else(|| format!("it has no annotation `{key}`"))
        };
        let bad = |key: &str, text: &str| format!("its annotation `{key}` is `{text}`");
        let of = said(SUBJECT)?;
        if of != subject.to_string() {
            return Err(format!("it is about {of}"));
        }
        let architecture = said(ARCHITECTURE)?;
        let architecture = Architecture::parse(architecture).map_err(|_| bad(ARCHITECTURE, architecture))?;
        let created = said(CREATED)?;
        let ended = created.parse::<Timestamp>().map_err(|_| bad(CREATED, created))?.as_second();
        let commit = match (said(REVISION), said(REVISED)) {
            (Ok(revision), Ok(revised)) => {
                let number = revised.parse().map_err(|_| bad(REVISED, revised))?;
                Some(Commit { revision: revision.to_owned(), revised: number })
            }
            (Err(_), Err(_)) => None,
            (Err(why), _) | (_, Err(why)) => return Err(why),
        };
        let counts = [PASSED, FAILED, SKIPPED].map(|key| {
            let text = said(key)?;
            text.parse::<u64>().map_err(|_| bad(key, text))
        });
        let report =
            Self::at(artifact.bytes.clone(), architecture, commit, ended).map_err(|error| error.to_string())?;
        let [passed, failed, skipped] = counts;
        if (passed?, failed?, skipped?) != (report.passed, report.failed, report.skipped) {
            return Err("its annotations count other results than its content".to_owned());
        }
        let checks = match artifact.annotations.get(CHECKS) {
            Some(text) => Some(BlobDigest::parse(text).map_err(|_| bad(CHECKS, text))?),
            None => None,
        };
        Ok(Self { checks, ..report })
    }
}

/// The time of a test, which no byte of an image depends on.
fn now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "a report says when its test ended, and the later one counts")]
    let now = SystemTime::now();
    Timestamp::try_from(now).unwrap_or_default().as_second()
}
