use crate::{Emulation, Found, Variation, Verdict};
use sage_oci_names::{BlobDigest, DiffId};
use serde::Serialize;

/// The version of the report; a reader of an older one must not take it for the same.
pub const FORMAT: u64 = 1;

/// What `verify --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u64,
    /// What was verified, as it was named.
    pub subject: String,
    /// Its manifest's digest, where it has one: an engine may keep none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<BlobDigest>,
    /// The digest of the manifest that was built again; none where only some layers were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebuilt: Option<BlobDigest>,
    /// The lock that it was built again from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<FoundLock>,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The layers, bottom first.
    pub layers: Vec<LayerReport>,
    /// Where the image's documents differ, apart from what follows from its layers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<String>,
    /// In what the second build differed from a usual one.
    pub varied: Vec<Variation>,
    /// In what it could not, on this machine.
    pub not_varied: Vec<NotVaried>,
    /// What was built by an emulator besides; nothing where the kind of processor was not varied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emulation: Option<Emulation>,
}

/// A lock, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundLock {
    /// The digest of its text.
    pub digest: BlobDigest,
    /// Where it was, for people.
    pub from: String,
    /// Nobody but the image itself says that this lock is one of the project's.
    pub is_the_images_own: bool,
}

/// A layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerReport {
    /// Its name.
    pub name: String,
    /// The digest of its content in the image, which may lack it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff_id: Option<DiffId>,
    /// The digest of the content that was built again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebuilt: Option<DiffId>,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Why it could not even be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Files that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Found>,
    /// What it depends on, where it does not come out the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
}

/// A variation under which a layer comes out otherwise, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The variation.
    pub variation: Variation,
    /// What the builder asked the machine meanwhile, a sentence each.
    pub observed: Vec<String>,
}

/// A variation that was wanted and could not be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotVaried {
    /// Which.
    pub variation: Variation,
    /// Why.
    pub why: String,
}
