use crate::download::fetch;
use crate::layers::{archive_path, fetch_groups, plan_layers};
use crate::machines::{ForMachines, for_machines};
use crate::order::configuration_order;
use crate::overlap::{Shipped, replaced};
use crate::scan_cache::cached_scan;
use crate::scripts::judge_all;
use crate::select::{Selected, Selection, select};
use crate::suite::SignedSuite;
use crate::work::on_all_cores;
use crate::{ArchiveError, LockRequest, Progress, Step, Survey, assemble};
use sage_oci_effects::OwnedEffect;
use sage_oci_fetch::Wanted;
use sage_oci_lock::{FORMAT, Lock, LockedLayer, Python};
use sage_oci_names::PackageName;
use std::collections::BTreeMap;

/// Makes the lock of a channel.
///
/// # Errors
/// [`ArchiveError`]. Nothing is written but the cache, whose files are whole or absent.
pub fn make_lock(request: &LockRequest<'_>, progress: &dyn Progress) -> Result<Lock, ArchiveError> {
    Survey::read(request, progress)?.lock(request, progress)
}

impl Survey {
    /// Makes the lock of the same request from what was read.
    ///
    /// # Errors
    /// [`ArchiveError`], as of [`make_lock`].
    pub fn lock(self, request: &LockRequest<'_>, progress: &dyn Progress) -> Result<Lock, ArchiveError> {
        let newest = self.date();
        let Self { mut signed, listed } = self;
        progress.step(Step::Resolve, 0);
        request.go_on()?;
        let selection = select(request, listed)?;
        fetch_selected(request, &selection, &signed, progress)?;
        let scans = scan(request, &selection, progress)?;

        let effects = effects(request, &selection, &scans)?;
        let shipped = selection.packages.iter().map(|(name, one)| {
            let files = &scans[name].files;
            (name, Shipped { version: &one.entry.version, replaces: &one.entry.replaces, images: &one.images, files })
        });
        let extends = request.images.iter().filter_map(|image| Some((&image.name, image.extends.as_ref()?))).collect();
        let replaced = replaced(&shipped.collect(), &effects, request.architecture, &extends)?;

        let planned = plan_layers(request, &selection.packages)?;
        let packages = assemble::packages(request, &selection, &scans, &planned, replaced);
        let images = assemble::images(request, &selection, &packages, &planned, &effects, &scans, progress)?;
        let groups = fetch_groups(request, &planned, &packages, progress)?;
        // Without a Python the images have byte-code of nothing, which the recipe says better.
        let has_bytecode = images.values().any(|image| !image.bytecode.is_empty());
        let python = Python::of(&packages).filter(|_| has_bytecode);
        let ForMachines { interpreters, compilers } =
            for_machines(request, &mut signed, python.as_ref(), &packages, progress)?;
        let suites = signed.into_iter().map(|suite| suite.pin).collect();
        let layers = planned.into_iter().zip(groups);
        let lock = Lock {
            format: FORMAT,
            channel: request.channel.clone(),
            architecture: request.architecture,
            epoch: u64::try_from(newest).unwrap_or(0),
            suites,
            images,
            layers: layers.map(|(p, fetch)| LockedLayer { name: p.name, sources: p.sources, fetch }).collect(),
            packages,
            omitted: selection.omitted.into_values().collect(),
            effects,
            interpreters,
            compilers,
        };
        lock.check()?;
        request.go_on()?;
        Ok(lock)
    }
}

/// What the packages' scripts do: those of images that stand alone first, so that an image that extends one of them adds to
/// the list and changes nothing in it.
fn effects(
    request: &LockRequest<'_>,
    selection: &Selection,
    scans: &BTreeMap<&PackageName, crate::scan::Scan>,
) -> Result<Vec<OwnedEffect>, ArchiveError> {
    let mut effects = Vec::new();
    for above in [false, true] {
        let members: BTreeMap<&PackageName, &Selected> =
            selection.packages.iter().filter(|(_, one)| one.base(request).is_some() == above).collect();
        let depends = members.iter().map(|(name, one)| (*name, one.depends.iter().collect())).collect();
        let order = configuration_order(&depends);
        let more = judge_all(request.census, &order, &members, scans)?;
        for (package, effect) in &more {
            if !members.contains_key(&effect.package) && selection.packages.contains_key(&effect.package) && above {
                return Err(ArchiveError::ActsBelow { package: (*package).clone(), of: effect.package.clone() });
            }
        }
        // A verdict may speak of another package's files; without that package there are none.
        effects
            .extend(more.into_iter().map(|(_, effect)| effect).filter(|effect| members.contains_key(&effect.package)));
    }
    Ok(effects)
}

fn fetch_selected(
    request: &LockRequest<'_>,
    selection: &Selection,
    signed: &[SignedSuite],
    progress: &dyn Progress,
) -> Result<(), ArchiveError> {
    let file = |selected: &Selected| Wanted {
        path: selected.entry.filename.clone(),
        sha256: selected.entry.sha256,
        size: selected.entry.size,
        target: archive_path(&request.cache, &selected.entry.sha256),
    };
    fetch(request, signed, selection.packages.values().map(|selected| (selected.suite, file(selected))), progress)
}

fn scan<'s>(
    request: &LockRequest<'_>,
    selection: &'s Selection,
    progress: &dyn Progress,
) -> Result<BTreeMap<&'s PackageName, crate::scan::Scan>, ArchiveError> {
    sage_oci_files::create_dir_all(request.cache.join("scans"))?;
    // The biggest first, so that none runs on alone at the end.
    let mut all: Vec<&Selected> = selection.packages.values().collect();
    all.sort_by_key(|selected| (std::cmp::Reverse(selected.entry.size), &selected.entry.name));
    progress.step(Step::Scan, all.len());
    let scans = on_all_cores(&all, |selected| {
        request.go_on()?;
        let archive = archive_path(&request.cache, &selected.entry.sha256);
        let scan = cached_scan(&request.cache, &archive, &selected.entry)?;
        progress.advanced();
        Ok::<_, ArchiveError>(scan)
    })?;
    Ok(all.iter().map(|selected| &selected.entry.name).zip(scans).collect())
}
