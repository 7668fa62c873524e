//! Steps that fetch and lay out source trees.

use crate::{FetchFile, FetchStep, Handle, RecipeError, Sealing, SourcePatch, SourceStep};
use sage_oci_definition::{Resolved, Source};
use sage_oci_lock::{ImagePlan, LockedSource};
use sage_oci_names::{LayerName, Sha256};
use std::collections::BTreeMap;

/// What fetches a source archive: a folder with it alone.
pub(crate) fn fetch_step(source: &Source) -> FetchStep {
    let name = source.file_name().to_owned();
    let file = FetchFile { path: name.clone(), name, size: source.size, sha256: source.sha256, mirrors: Vec::new() };
    FetchStep { mirrors: source.roots(), files: vec![file] }
}

/// What the lock says of the archive of a source tree or a wheel; it must speak of the definition's.
pub(crate) fn locked<'l, E: std::error::Error + 'static>(
    plan: &'l ImagePlan,
    image: &Resolved,
    name: &str,
    sha256: &Sha256,
) -> Result<&'l LockedSource, RecipeError<E>> {
    let known = plan.sources.get(name).filter(|known| known.sha256 == *sha256);
    known.ok_or_else(|| RecipeError::OtherSource {
        image: image.name.clone(),
        source_name: name.to_owned(),
        channel: image.channel.to_string(),
    })
}

/// Patches with their texts, which `check_sources` has seen to be there.
pub(crate) fn patches(names: &[String], files: &BTreeMap<String, String>) -> Vec<SourcePatch> {
    let patch = |name: &String| SourcePatch { name: name.clone(), text: files[name].clone() };
    names.iter().map(patch).collect()
}

/// What lays a source tree out; `files` has its patches.
pub(crate) fn source_step(
    image: &Resolved,
    source: &Source,
    fetch: &Handle,
    files: &BTreeMap<String, String>,
    sealing: Sealing,
    contents: Vec<String>,
) -> SourceStep {
    let mut message =
        format!("{} {}\n\n{}, sha256 {}\n", source.name, source.version, source.file_name(), source.sha256);
    for name in &source.patches {
        message.push_str(&format!("with {name}\n"));
    }
    SourceStep {
        name: LayerName::parse(&format!("source-{}", source.name))
            .expect("the definition takes only names that may stand in a layer's"),
        sealing,
        archive: format!("{}/{}", fetch.out, source.file_name()),
        patches: patches(&source.patches, files),
        path: source.path.clone(),
        owner: image.user.id,
        author: source.author.clone(),
        message,
        tag: source.version.clone(),
        contents,
    }
}
