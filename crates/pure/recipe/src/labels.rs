use sage_oci_definition::Resolved;
use sage_oci_lock::{Lock, SuitePin};
use std::collections::BTreeMap;

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
    all.insert("org.sage-oci.channel".to_owned(), lock.channel.to_string());
    let index = |suite: &SuitePin| format!("{} {} sha256:{}", suite.suite, suite.date, suite.inrelease);
    let indexes: Vec<String> = lock.suites.iter().map(index).collect();
    if !indexes.is_empty() {
        all.insert("org.sage-oci.index".to_owned(), indexes.join(", "));
    }
    all
}
