//! The keys of what is said of reports and overrides.

/// How many checks have passed.
pub(crate) const PASSED: &str = "org.sage-oci.test.passed";
/// How many have not: they failed, came to no end, or could not be run.
pub(crate) const FAILED: &str = "org.sage-oci.test.failed";
/// How many were skipped.
pub(crate) const SKIPPED: &str = "org.sage-oci.test.skipped";
/// The digest that it is about: a list of referrers may be wrong, or forged.
pub(crate) const SUBJECT: &str = "org.sage-oci.subject";
/// The architecture that was tested.
pub(crate) const ARCHITECTURE: &str = "org.sage-oci.architecture";
/// When the test ended (RFC 3339).
pub(crate) const CREATED: &str = "org.opencontainers.image.created";
/// The commit that asked for the image.
pub(crate) const REVISION: &str = "org.opencontainers.image.revision";
/// That commit's committer's date, in seconds since 1970.
pub(crate) const REVISED: &str = "org.sage-oci.revised";
/// The tag that was put against the rules.
pub(crate) const TAG: &str = "org.sage-oci.tag";
/// Why.
pub(crate) const REASON: &str = "org.sage-oci.reason";
/// The digest of the checks that were run: other checks may say otherwise of the same image.
pub(crate) const CHECKS: &str = "org.sage-oci.test.checks";
