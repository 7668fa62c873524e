use crate::PublishError;
use crate::annotations::{REASON, TAG};
use sage_oci_image::{Descriptor, MediaType, canonical};
use sage_oci_names::BlobDigest;
use sage_oci_registry::{Artifact, Registry};
use sage_oci_tags::Kept;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The kind of artifact that a kept override is.
pub const OVERRIDE: &str = "application/vnd.sage-oci.tag-override.v1+json";
/// The version of its content.
const FORMAT: u64 = 1;

#[derive(Serialize, Deserialize)]
struct Content {
    format: u64,
    kept: Value,
}

/// Puts a note beside the image that a tag is put to against the rules.
pub(crate) fn attach(registry: &Registry, subject: &Descriptor, kept: &Kept) -> Result<BlobDigest, PublishError> {
    let content = Content { format: FORMAT, kept: serde_json::to_value(kept).unwrap_or_default() };
    let annotations = [(TAG, kept.tag.to_string()), (REASON, kept.reason.clone())];
    let artifact = Artifact {
        kind: OVERRIDE.to_owned(),
        media_type: MediaType::from("application/json".to_owned()),
        bytes: canonical(&content),
        annotations: annotations.map(|(key, value)| (key.to_owned(), value)).into(),
    };
    Ok(registry.attach(subject, &artifact)?)
}

/// Reads the notes beside an image, for each tag the newest last; and what is wrong with those that cannot be read.
pub(crate) fn read(registry: &Registry, subject: &BlobDigest) -> Result<(Vec<Kept>, Vec<String>), PublishError> {
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for entry in registry.referrers(subject, OVERRIDE)? {
        let Some(artifact) = registry.artifact(&entry.digest, OVERRIDE)? else { continue };
        match parse(&artifact.bytes, subject) {
            Ok(kept) => all.push(kept),
            Err(why) => problems.push(format!("the kept override {} beside {subject}: {why}", entry.digest)),
        }
    }
    // What a tag had been at only ever grows newer from one override to the next, so no clock is needed.
    all.sort_by_key(|kept: &Kept| {
        let from = kept.from.as_ref();
        from.map(|from| (from.version.clone(), from.created, from.revised, from.digest))
    });
    Ok((all, problems))
}

fn parse(bytes: &[u8], subject: &BlobDigest) -> Result<Kept, String> {
    let content: Content = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if content.format != FORMAT {
        return Err(format!("it has format {}; this program knows {FORMAT}", content.format));
    }
    let kept: Kept = serde_json::from_value(content.kept).map_err(|error| error.to_string())?;
    if kept.to != *subject {
        return Err(format!("it is about {}", kept.to));
    }
    Ok(kept)
}
