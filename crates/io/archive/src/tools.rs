//! Programs that a build uses on a machine of another architecture than the images': which packages they are, and their pins.

use crate::download::fetch;
use crate::index::Listed;
use crate::layers::{archive_path, fetch_group};
use crate::suite::SignedSuite;
use crate::universe::candidate;
use crate::{ArchiveError, LockRequest, Progress};
use sage_oci_fetch::Wanted;
use sage_oci_lock::{FetchGroup, ToolPackage};
use sage_oci_names::{Architecture, PackageName};
use sage_oci_resolve::{Request, ResolveError, Universe, resolve};
use std::collections::BTreeMap;

/// Some packages and what they need to run, sorted by name. What is Essential beside that is of no use to programs that are
/// started by their own loader.
pub(crate) fn closure<'e>(
    listed: &'e [Listed],
    machine: Architecture,
    roots: &[PackageName],
) -> Result<Vec<&'e Listed>, ResolveError> {
    let universe = Universe::new(listed.iter().map(|listed| candidate(&listed.entry)).collect(), machine)?;
    let resolution = resolve(&universe, &Request { wanted: roots, kept: &[], omit: &|_| false })?;
    let found: BTreeMap<_, _> = resolution.packages.iter().map(|package| (&package.name, package)).collect();
    let (mut open, mut needed) = (roots.iter().collect::<Vec<_>>(), BTreeMap::new());
    while let Some(name) = open.pop() {
        if let Some(package) = found.get(name)
            && needed.insert(name, *package).is_none()
        {
            open.extend(&package.depends);
        }
    }
    let is = |listed: &&Listed| {
        let entry = &listed.entry;
        needed.get(&entry.name).is_some_and(|package| {
            package.version.as_str() == entry.version.as_str() && package.architecture == entry.architecture
        })
    };
    let mut chosen: Vec<&Listed> = listed.iter().filter(is).collect();
    chosen.sort_by(|a, b| a.entry.name.cmp(&b.entry.name));
    Ok(chosen)
}

/// Fetches the archives of such packages and pins them, with the folder that they will lie in.
pub(crate) fn pin(
    request: &LockRequest<'_>,
    machine: Architecture,
    chosen: &[&Listed],
    suites: &[SignedSuite],
    progress: &dyn Progress,
) -> Result<(FetchGroup, Vec<ToolPackage>), ArchiveError> {
    let packages: Vec<ToolPackage> = chosen
        .iter()
        .map(|Listed { entry, suite }| ToolPackage {
            name: entry.name.clone(),
            version: entry.version.clone(),
            architecture: entry.architecture.clone(),
            sha256: entry.sha256,
            size: entry.size,
            path: entry.filename.clone(),
            suite: request.suite_name(*suite),
        })
        .collect();
    let file = |Listed { entry, suite }: &Listed| {
        let target = archive_path(&request.cache, &entry.sha256);
        (*suite, Wanted { path: entry.filename.clone(), sha256: entry.sha256, size: entry.size, target })
    };
    fetch(request, suites, chosen.iter().map(|listed| file(listed)), progress)?;
    let fetch = fetch_group(&request.cache, packages.iter().map(|p| (p.file_name(), p.size, p.sha256)).collect())
        .map_err(|source| ArchiveError::HashTools { machine, source })?;
    Ok((fetch, packages))
}
