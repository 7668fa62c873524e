use sage_oci_definition::Resolved;
use sage_oci_lock::Lock;
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
    all.insert("org.opencontainers.image.created".to_owned(), rfc3339(lock.epoch));
    all.insert("org.sage-oci.channel".to_owned(), lock.channel.to_string());
    if let Some(suite) = lock.archive.suites.first() {
        all.insert(
            "org.sage-oci.index".to_owned(),
            format!("{} {} sha256:{}", suite.suite, suite.date, suite.inrelease),
        );
    }
    all
}

/// Seconds since 1970 as RFC 3339 in UTC.
fn rfc3339(epoch: u64) -> String {
    let seconds = i64::try_from(epoch).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX).to_string()
}
