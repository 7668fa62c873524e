use sage_oci_image::{Index, Kind, Manifest};
use sage_oci_names::BlobDigest;
use sage_oci_registry::Document;
use sage_oci_tags::VERSION;
use std::collections::BTreeMap;

/// The manifests of an image by architecture: two where one is compressed in another way. A manifest by itself is its own.
pub(crate) type Groups = BTreeMap<String, Vec<BlobDigest>>;

/// What a manifest or index says of itself; none where it says nothing that would tell its version.
pub(crate) fn annotations(document: &Document) -> Option<BTreeMap<String, String>> {
    let annotations = match document.media_type.kind() {
        Kind::Index => serde_json::from_slice::<Index>(&document.bytes).ok()?.annotations,
        Kind::Manifest => serde_json::from_slice::<Manifest>(&document.bytes).ok()?.annotations,
        _ => return None,
    };
    annotations.contains_key(VERSION).then_some(annotations)
}

/// The images that a document names, by its own words: what is in them is not read.
pub(crate) fn groups(document: &Document) -> Groups {
    let mut groups = Groups::new();
    if document.media_type.kind() != Kind::Index {
        groups.insert(String::new(), vec![document.digest]);
        return groups;
    }
    let Ok(index) = serde_json::from_slice::<Index>(&document.bytes) else { return groups };
    let images = index
        .manifests
        .iter()
        .filter(|entry| entry.media_type.kind() == Kind::Manifest && !entry.is_called_otherwise());
    for entry in images {
        let platform = entry.platform.as_ref().map(|platform| platform.architecture.clone());
        groups.entry(platform.unwrap_or_default()).or_default().push(entry.digest);
    }
    groups
}
