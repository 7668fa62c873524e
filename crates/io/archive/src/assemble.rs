use crate::layers::{bytecode_layers, layer_of};
use crate::overlap::Replaced;
use crate::scan::Scan;
use crate::scripts::{compiled_bytes, digests};
use crate::select::Selection;
use crate::{ArchiveError, LockRequest};
use sage_oci_effects::OwnedEffect;
use sage_oci_lock::{ImagePlan, LockedPackage};
use sage_oci_names::{DebVersion, ImageName, LayerName, PackageName};
use sage_oci_plan::Planned;
use std::collections::BTreeMap;

/// The lock's packages, sorted by name.
pub(crate) fn packages(
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
        layer: layer_of(planned, selected).clone(),
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
    packages: &[LockedPackage],
    planned: &[Planned],
    effects: &[OwnedEffect],
    scans: &BTreeMap<&PackageName, Scan>,
) -> Result<BTreeMap<ImageName, ImagePlan>, ArchiveError> {
    let compiled = compiled_bytes(effects, scans);
    let mut images = BTreeMap::new();
    for image in &request.images {
        let layers: Vec<LayerName> =
            planned.iter().filter(|layer| layer.images.contains(&image.name)).map(|layer| layer.name.clone()).collect();
        let carrier = packages
            .iter()
            .find(|package| package.name == image.version_of && layers.contains(&package.layer))
            .ok_or_else(|| ArchiveError::NoVersion { image: image.name.clone(), package: image.version_of.clone() })?;
        let bytecode = bytecode_layers(&image.name, &layers, packages, &compiled, request.previous)?;
        images.insert(image.name.clone(), ImagePlan { version: public_version(&carrier.version), layers, bytecode });
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
