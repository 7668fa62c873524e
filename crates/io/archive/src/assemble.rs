use crate::layers::{bytecode_layers, layer_of};
use crate::overlap::Replaced;
use crate::scan::Scan;
use crate::scripts::{compiled_bytes, digests};
use crate::select::Selection;
use crate::sources::locked_sources;
use crate::{ArchiveError, LockRequest, Progress};
use sage_oci_effects::OwnedEffect;
use sage_oci_lock::{ImagePlan, LockedPackage};
use sage_oci_names::{DebVersion, ImageName, LayerName, PackageName};
use sage_oci_plan::Planned;
use std::collections::BTreeMap;

/// The lock's packages, sorted by name.
pub(crate) fn packages(
    request: &LockRequest<'_>,
    selection: &Selection,
    scans: &BTreeMap<&PackageName, Scan>,
    planned: &[Planned],
    mut replaced: Replaced,
) -> Vec<LockedPackage> {
    let one = |(name, selected): (&PackageName, &crate::select::Selected)| LockedPackage {
        name: name.clone(),
        version: selected.entry.version.clone(),
        architecture: selected.entry.architecture.clone(),
        source: selected.entry.source.clone(),
        sha256: selected.entry.sha256,
        size: selected.entry.size,
        installed_size: selected.entry.installed_size.unwrap_or(0),
        path: selected.entry.filename.clone(),
        suite: request.suite_name(selected.suite),
        layer: layer_of(request, planned, selected).clone(),
        reason: selected.reason.clone(),
        depends: selected.depends.iter().cloned().collect(),
        scripts: digests(&scans[name]),
        replaced: replaced.remove(name).unwrap_or_default(),
    };
    selection.packages.iter().map(one).collect()
}

/// Each image's layers and version.
pub(crate) fn images(
    request: &LockRequest<'_>,
    selection: &Selection,
    packages: &[LockedPackage],
    planned: &[Planned],
    effects: &[OwnedEffect],
    scans: &BTreeMap<&PackageName, Scan>,
    progress: &dyn Progress,
) -> Result<BTreeMap<ImageName, ImagePlan>, ArchiveError> {
    let compiled = compiled_bytes(effects, scans);
    let held = |image: &ImageName, name: &PackageName| {
        selection.packages.get(name).is_some_and(|selected| selected.images.contains(image))
    };
    let mut images = BTreeMap::new();
    for image in &request.images {
        let layers: Vec<LayerName> =
            planned.iter().filter(|layer| layer.images.contains(&image.name)).map(|layer| layer.name.clone()).collect();
        let carrier = packages
            .iter()
            .find(|package| package.name == image.version_of && held(&image.name, &package.name))
            .ok_or_else(|| ArchiveError::NoVersion { image: image.name.clone(), package: image.version_of.clone() })?;
        let bytecode = bytecode_layers(image, &layers, packages, &compiled, request.previous)?;
        let (version, extends) = (public_version(&carrier.version), image.extends.clone());
        let below = |name: &&PackageName| extends.as_ref().is_some_and(|base| held(base, name));
        let mut wanted: Vec<PackageName> = image.wanted.iter().filter(below).cloned().collect();
        wanted.sort();
        let sources = locked_sources(request, &image.sources, progress)?;
        images.insert(image.name.clone(), ImagePlan { version, extends, wanted, layers, bytecode, sources });
    }
    Ok(images)
}

/// A version as people and tags write it: without epoch, revision and marks of repacking; `~` is not allowed in a tag.
fn public_version(version: &DebVersion) -> String {
    let upstream = version.upstream();
    let end = ["+dfsg", "+ds", "+really"].iter().filter_map(|mark| upstream.find(mark)).min();
    upstream[..end.unwrap_or(upstream.len())].replace(['~', '+'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_for_people() {
        for (debian, public) in
            [("9.5-6", "9.5"), ("1:10.10~rc2+ds-1", "10.10-rc2"), ("10.10+dfsg1-3", "10.10"), ("2.0", "2.0")]
        {
            assert_eq!(public_version(&DebVersion::parse(debian).unwrap()), public);
        }
    }
}
