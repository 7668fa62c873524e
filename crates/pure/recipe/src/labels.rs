use crate::{LOCK, Surroundings, definition};
use sage_oci_definition::Resolved;
use sage_oci_lock::{Lock, LockFile, SuitePin};
use std::collections::BTreeMap;

/// What all of ours begin with.
pub(crate) const OURS: &str = "org.sage-oci.";
/// The label and annotation that has an image's title.
pub const TITLE: &str = "org.opencontainers.image.title";
/// The one that has its channel.
pub const CHANNEL: &str = "org.sage-oci.channel";
/// The one that has what [`indexes`] gives.
pub const INDEX: &str = "org.sage-oci.index";
/// The one that has what [`definition`] gives.
pub const DEFINITION: &str = "org.sage-oci.definition";
/// The one that has the format of the lock's text. Who does not know it cannot read the lock.
pub const LOCK_FORMAT: &str = "org.sage-oci.format";
/// The one that has a reference to the flake that the image is an output of, as `github:sagemath/sage-oci#sagemath-image`, where the
/// definition names its repository. It has no revision: the revisions that make an image are those with its lock and definition. On
/// a machine of the image's architecture it is this image.
pub const FLAKE: &str = "org.sage-oci.flake";

/// The annotations that a lock and a definition determine (OCI image spec, "Annotations").
///
/// Nothing here tells which commit asked for the image: two commits with the same lock give the same bytes.
pub(crate) fn annotations(
    lock: &LockFile,
    image: &Resolved,
    version: &str,
    surroundings: Surroundings<'_>,
) -> BTreeMap<String, String> {
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
    all.insert(LOCK.to_owned(), lock.digest().to_string());
    all.insert(LOCK_FORMAT.to_owned(), lock.format().to_string());
    let Surroundings { sources, files, commit, .. } = surroundings;
    all.insert(
        DEFINITION.to_owned(),
        definition(image, sources, files, commit.map(|change| change.compilers)).to_string(),
    );
    if let Some(repository) = &image.repository {
        all.insert("org.opencontainers.image.source".to_owned(), repository.as_str().to_owned());
        // No output of a flake is of a commit of the source.
        let output = if commit.is_some() { String::new() } else { format!("#{}", output(image)) };
        all.insert(FLAKE.to_owned(), format!("{}{output}", repository.flake()));
    }
    let indexes = indexes(lock);
    if !indexes.is_empty() {
        all.insert(INDEX.to_owned(), indexes);
    }
    all
}

/// The flake's name of an image for the machine's architecture, as `nix/images.nix` has it.
fn output(image: &Resolved) -> String {
    let channel = if image.channel == image.default_channel { String::new() } else { format!("-{}", image.channel) };
    format!("{}-image{channel}", image.name)
}

/// The signed indexes that a lock was resolved from, as images of it name them: suite, date and digest.
pub fn indexes(lock: &Lock) -> String {
    let index = |suite: &SuitePin| format!("{} {} sha256:{}", suite.suite, suite.date, suite.inrelease);
    lock.suites.iter().map(index).collect::<Vec<_>>().join(", ")
}
