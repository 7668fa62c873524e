use sage_oci_definition::Resolved;
use sage_oci_lock::{Lock, SuitePin};
use std::collections::BTreeMap;

/// The label and annotation that has an image's title.
pub const TITLE: &str = "org.opencontainers.image.title";
/// The one that has its channel.
pub const CHANNEL: &str = "org.sage-oci.channel";
/// The one that has what [`indexes`] gives.
pub const INDEX: &str = "org.sage-oci.index";

/// The annotations that a lock and a definition determine (OCI image spec, "Annotations").
///
/// Nothing here tells which commit asked for the image: two commits with the same lock give the same bytes.
pub(crate) fn annotations(lock: &Lock, image: &Resolved, version: &str) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = [
        ("title", image.title.as_str()),
        ("description", &image.description),
        ("version", version),
        ("url", &image.url),
        ("licenses", &image.licenses),
    ]
    .into_iter()
    .map(|(key, value)| (format!("org.opencontainers.image.{key}"), value.to_owned()))
    .collect();
    // The lock's epoch is this date in seconds.
    if let Some(newest) = lock.suites.iter().map(|suite| &suite.date).max() {
        all.insert("org.opencontainers.image.created".to_owned(), newest.clone());
    }
    all.insert(CHANNEL.to_owned(), lock.channel.to_string());
    let indexes = indexes(lock);
    if !indexes.is_empty() {
        all.insert(INDEX.to_owned(), indexes);
    }
    all
}

/// The signed indexes that a lock was resolved from, as images of it name them: suite, date and digest.
pub fn indexes(lock: &Lock) -> String {
    let index = |suite: &SuitePin| format!("{} {} sha256:{}", suite.suite, suite.date, suite.inrelease);
    lock.suites.iter().map(index).collect::<Vec<_>>().join(", ")
}
