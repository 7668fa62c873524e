use crate::select::Selected;
use crate::work::on_all_cores;
use crate::{ArchiveError, ImageRequest, LockRequest, Progress, Step};
use sage_oci_derivation::{DerivationError, nar_hash_of_directory};
use sage_oci_lock::{FetchGroup, Lock, LockedPackage, Reason};
use sage_oci_names::{ImageName, LayerName, PackageName, Sha256, SourceName};
use sage_oci_plan::{Member, Options, Planned, plan, plan_bytecode};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where an archive is kept.
pub(crate) fn archive_path(cache: &Path, sha256: &Sha256) -> PathBuf {
    cache.join("debs").join(format!("{sha256}.deb"))
}

/// Places every package in a layer: those of images that stand alone first, by themselves, then what others bring above them.
pub(crate) fn plan_layers(
    request: &LockRequest<'_>,
    packages: &BTreeMap<PackageName, Selected>,
) -> Result<Vec<Planned>, ArchiveError> {
    let base = base(packages);
    let mut groups: BTreeMap<Option<&ImageName>, Vec<Member>> = BTreeMap::new();
    for (name, selected) in packages {
        let above = selected.base(request);
        // An image that extends another one holds that one's packages, but has no say in their layers.
        let images = selected.images.iter().filter(|image| above.is_some() || request.base_of(image).is_none());
        groups.entry(above).or_default().push(Member {
            name: name.clone(),
            source: selected.entry.source.clone(),
            installed_size: selected.entry.installed_size.unwrap_or(0),
            base: above.is_none() && base.contains(name),
            images: images.cloned().collect(),
        });
    }
    let mut payload: Vec<SourceName> = Vec::new();
    for source in request.images.iter().flat_map(|image| &image.payload) {
        if !payload.contains(source) {
            payload.push(source.clone());
        }
    }
    let previous = request.previous.map(|lock| {
        lock.layers.iter().map(|layer| (layer.name.clone(), layer.sources.clone())).collect::<BTreeMap<_, _>>()
    });
    let mut planned = Vec::new();
    for (above, members) in groups {
        let payload = if above.is_none() { payload.as_slice() } else { &[] };
        // An image that the previous lock did not have is planned afresh, or all of it were newcomers.
        let was_there = |image: &ImageName| request.previous.is_some_and(|lock| lock.images.contains_key(image));
        let known = above.is_none() || members.iter().flat_map(|member| &member.images).any(was_there);
        let previous = previous.as_ref().filter(|_| known);
        planned.extend(plan(&members, payload, previous, &options(above))?);
    }
    Ok(planned)
}

fn options(above: Option<&ImageName>) -> Options {
    above.map_or_else(Options::default, Options::above)
}

/// Essential packages, those of priority `required`, and what they need.
fn base(packages: &BTreeMap<PackageName, Selected>) -> BTreeSet<&PackageName> {
    let mut open: Vec<&PackageName> = packages
        .iter()
        .filter(|(_, selected)| {
            selected.entry.essential || selected.reason == Reason::Essential || selected.entry.priority == "required"
        })
        .map(|(name, _)| name)
        .collect();
    let mut base = BTreeSet::new();
    while let Some(name) = open.pop() {
        if base.insert(name) {
            open.extend(packages.get(name).into_iter().flat_map(|selected| &selected.depends));
        }
    }
    base
}

/// The layer of each package: that of its source, among the layers of its images.
pub(crate) fn layer_of<'p>(request: &LockRequest<'_>, planned: &'p [Planned], selected: &Selected) -> &'p LayerName {
    let above = selected.base(request).is_some();
    let images: BTreeSet<ImageName> =
        selected.images.iter().filter(|image| above || request.base_of(image).is_none()).cloned().collect();
    let layer = planned
        .iter()
        .find(|layer| layer.images == images && layer.sources.contains(&selected.entry.source))
        .expect("the plan places the source of every member in every set of images that holds it");
    &layer.name
}

/// Hashes the folder that each layer's fetch will make: one file an archive, as Nix hashes a directory.
pub(crate) fn fetch_groups(
    request: &LockRequest<'_>,
    planned: &[Planned],
    packages: &[LockedPackage],
    progress: &dyn Progress,
) -> Result<Vec<FetchGroup>, ArchiveError> {
    progress.step(Step::Hash, planned.len());
    on_all_cores(planned, |layer| {
        request.go_on()?;
        let held = packages.iter().filter(|package| package.layer == layer.name);
        let group = fetch_group(&request.cache, held.map(|p| (p.file_name(), p.size, p.sha256)).collect())
            .map_err(|source| ArchiveError::Hash { layer: layer.name.clone(), source })?;
        progress.advanced();
        Ok(group)
    })
}

/// Hashes the folder of some archives, given by file name, size and digest.
pub(crate) fn fetch_group(
    cache: &Path,
    mut archives: Vec<(String, u64, Sha256)>,
) -> Result<FetchGroup, DerivationError> {
    archives.sort();
    let size = archives.iter().map(|(_, size, _)| size).sum();
    let contents = archives.into_iter().map(|(name, size, sha256)| {
        let file = sage_oci_files::open(archive_path(cache, &sha256));
        let file = file.map_err(|error| DerivationError::NarRead {
            entry: name.clone(),
            source: std::io::Error::new(error.kind(), error),
        })?;
        Ok((name, size, file))
    });
    Ok(FetchGroup { nar_sha256: nar_hash_of_directory(contents)?.sha256, size })
}

/// The byte-code layers of an image.
pub(crate) fn bytecode_layers(
    image: &ImageRequest,
    layers: &[LayerName],
    packages: &[LockedPackage],
    compiled: &BTreeMap<PackageName, u64>,
    previous: Option<&Lock>,
) -> Result<BTreeMap<LayerName, Vec<LayerName>>, ArchiveError> {
    let weighed: Vec<(LayerName, u64)> = layers
        .iter()
        .map(|layer| {
            let held = packages.iter().filter(|package| package.layer == *layer);
            (layer.clone(), held.filter_map(|package| compiled.get(&package.name)).sum())
        })
        .collect();
    let previous = previous.and_then(|lock| lock.images.get(&image.name)).map(|plan| &plan.bytecode);
    Ok(plan_bytecode(&image.name, &weighed, previous, &options(image.extends.as_ref()))?)
}
