//! Pythons for machines of another architecture than the images': byte-code does not depend on it, so any such Python of
//! the images' version compiles theirs.

use crate::download::fetch;
use crate::index::{Listed, read_indexes};
use crate::layers::{archive_path, fetch_group};
use crate::suite::SignedSuite;
use crate::universe::candidate;
use crate::{ArchiveError, LockRequest, Progress};
use sage_oci_fetch::Wanted;
use sage_oci_lock::{LockedInterpreter, LockedPackage, Python, ToolPackage};
use sage_oci_names::{Architecture, DebVersion, PackageName};
use sage_oci_resolve::{Request, Universe, resolve};
use std::collections::{BTreeMap, BTreeSet};

/// Pins a Python for each machine that the request names, from the same signed suites; their indexes join the suites' pins.
pub(crate) fn interpreters(
    request: &LockRequest<'_>,
    suites: &mut [SignedSuite],
    packages: &[LockedPackage],
    progress: &dyn Progress,
) -> Result<BTreeMap<Architecture, LockedInterpreter>, ArchiveError> {
    // Without one the images have byte-code of nothing, which the recipe says better.
    let Some(python) = Python::of(packages) else { return Ok(BTreeMap::new()) };
    let machines: BTreeSet<Architecture> = request.machines.iter().copied().collect();
    let mut all = BTreeMap::new();
    for machine in machines.into_iter().filter(|machine| *machine != request.architecture) {
        request.go_on()?;
        let (mut listed, mut seen) = (Vec::new(), BTreeSet::new());
        for (place, suite) in suites.iter_mut().enumerate() {
            listed.extend(read_indexes(request, place, machine, suite, &mut seen)?);
        }
        let chosen = closure(&listed, machine, &python.version)?;
        check_version(&chosen, packages, machine, &python.version)?;
        all.insert(machine, pin(request, machine, python.version.clone(), chosen, suites, progress)?);
    }
    Ok(all)
}

/// The Python and what it needs to run. What is Essential beside that is of no use to a program that is started by its own
/// loader.
fn closure<'e>(listed: &'e [Listed], machine: Architecture, version: &str) -> Result<Vec<&'e Listed>, ArchiveError> {
    let failed = |source| ArchiveError::Interpreter { machine, source };
    let universe =
        Universe::new(listed.iter().map(|listed| candidate(&listed.entry)).collect(), machine).map_err(failed)?;
    let roots: Vec<PackageName> =
        Python::roots(version).iter().filter_map(|name| PackageName::parse(name).ok()).collect();
    let resolution = resolve(&universe, &Request { wanted: &roots, kept: &[], omit: &|_| false }).map_err(failed)?;
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

/// The interpreter must be built from the very source of the images' own: its magic number and its compiler are then the same.
fn check_version(
    chosen: &[&Listed],
    packages: &[LockedPackage],
    machine: Architecture,
    version: &str,
) -> Result<(), ArchiveError> {
    for root in Python::roots(version) {
        let found = chosen.iter().map(|listed| &listed.entry).find(|entry| entry.name.as_str() == root);
        let wanted = packages.iter().find(|package| package.name.as_str() == root);
        if let (Some(found), Some(wanted)) = (found, wanted)
            && of_source(&found.version) != of_source(&wanted.version)
        {
            return Err(ArchiveError::OtherPython {
                machine,
                package: found.name.clone(),
                found: found.version.clone(),
                wanted: wanted.version.clone(),
            });
        }
    }
    Ok(())
}

/// A version without the mark of a build that was repeated from unchanged source (`+b1`; Debian's developers' reference 5.10.2.1).
fn of_source(version: &DebVersion) -> &str {
    let text = version.as_str();
    match text.rsplit_once("+b") {
        Some((source, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => source,
        _ => text,
    }
}

fn pin(
    request: &LockRequest<'_>,
    machine: Architecture,
    version: String,
    chosen: Vec<&Listed>,
    suites: &[SignedSuite],
    progress: &dyn Progress,
) -> Result<LockedInterpreter, ArchiveError> {
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
        .map_err(|source| ArchiveError::HashInterpreter { machine, source })?;
    Ok(LockedInterpreter { version, fetch, packages })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_of_one_source_are_told_by_their_version() {
        for (version, source) in
            [("3.14.10-1", "3.14.10-1"), ("3.14.10-1+b2", "3.14.10-1"), ("1+b", "1+b"), ("1+big2-1", "1+big2-1")]
        {
            assert_eq!(of_source(&DebVersion::parse(version).unwrap()), source);
        }
    }
}
