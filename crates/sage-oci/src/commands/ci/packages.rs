use crate::Failure;
use sage_oci_image::{Descriptor, MediaType};
use sage_oci_names::BlobDigest;
use sage_oci_registry::{Artifact, Registry};
use std::collections::BTreeMap;

/// The kind of artifact that a list of an image's packages is: a JSON object of name and version.
const PACKAGES: &str = "application/vnd.sage-oci.packages.v1+json";

/// Puts the list beside an image, so that the next one can say what has changed.
pub fn attach(registry: &Registry, subject: &Descriptor, packages: &BTreeMap<String, String>) -> Result<(), Failure> {
    let bytes = serde_json::to_vec(packages)
        .map_err(|error| Failure::new(format_args!("cannot write the packages as JSON: {error}"), None))?;
    let media_type = MediaType::from("application/json".to_owned());
    let artifact = Artifact { kind: PACKAGES.to_owned(), media_type, bytes, annotations: BTreeMap::new() };
    registry.attach(subject, &artifact)?;
    Ok(())
}

/// Reads the list beside an image; none where there is none that can be read.
pub fn read(registry: &Registry, subject: &BlobDigest) -> Result<Option<BTreeMap<String, String>>, Failure> {
    for entry in registry.referrers(subject, PACKAGES)? {
        if let Some(artifact) = registry.artifact(&entry.digest, PACKAGES)?
            && let Ok(packages) = serde_json::from_slice(&artifact.bytes)
        {
            return Ok(Some(packages));
        }
    }
    Ok(None)
}
