//! Steps that fetch archives and lay out source trees.

use crate::{FetchFile, FetchStep, Node, RecipeError, Sealing, SourcePatch, SourceStep};
use sage_oci_definition::{Archive, Resolved, Source};
use sage_oci_lock::{ImagePlan, LockedSource};
use sage_oci_names::LayerName;
use std::collections::BTreeMap;

/// What fetches an archive: a folder with it alone.
pub(crate) fn fetch_step(archive: Archive<'_>) -> FetchStep {
    let name = archive.file_name().to_owned();
    let file = FetchFile { path: name.clone(), name, size: archive.size, sha256: archive.sha256, mirrors: Vec::new() };
    FetchStep { mirrors: archive.roots(), files: vec![file] }
}

/// What the lock says of the archive of a source tree or a wheel; it must speak of the definition's.
pub(crate) fn locked<'l>(
    plan: &'l ImagePlan,
    image: &Resolved,
    archive: Archive<'_>,
) -> Result<&'l LockedSource, RecipeError> {
    let known = plan.sources.get(archive.name).filter(|known| known.sha256 == archive.sha256);
    known.ok_or_else(|| RecipeError::OtherSource {
        image: image.name.clone(),
        source_name: archive.name.to_owned(),
        channel: image.channel.to_string(),
    })
}

/// What lays a source tree out; `files` has its patches, as `check_sources` has seen.
pub(crate) fn source_step(
    image: &Resolved,
    source: &Source,
    fetch: &Node,
    files: &BTreeMap<String, String>,
    sealing: Sealing,
    contents: Vec<String>,
) -> SourceStep {
    let patch = |name: &String| SourcePatch { name: name.clone(), text: files[name].clone() };
    let mut message =
        format!("{} {}\n\n{}, sha256 {}\n", source.name, source.version, source.archive().file_name(), source.sha256);
    for name in &source.patches {
        message.push_str(&format!("with {name}\n"));
    }
    SourceStep {
        name: LayerName::parse(&format!("source-{}", source.name))
            .expect("the definition takes only names that may stand in a layer's"),
        sealing,
        archive: format!("{}/{}", fetch.out(), source.archive().file_name()),
        patches: source.patches.iter().map(patch).collect(),
        path: source.path.clone(),
        owner: image.user.id,
        author: source.author.clone(),
        message,
        tag: source.version.clone(),
        contents,
    }
}
