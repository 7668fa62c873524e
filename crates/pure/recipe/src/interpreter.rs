use sage_oci_lock::{Lock, LockedPackage};
use sage_oci_names::PackageName;
use std::collections::{BTreeMap, BTreeSet};

/// The Python of a lock: its version and the packages that it needs to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Python {
    /// `major.minor`.
    pub(crate) version: String,
    /// Names of the packages, sorted.
    pub(crate) packages: BTreeSet<PackageName>,
}

/// Finds the Python that `python3-minimal` depends on, and the closure of its dependencies.
pub(crate) fn python(lock: &Lock) -> Option<Python> {
    let by_name: BTreeMap<&str, &LockedPackage> =
        lock.packages.iter().map(|package| (package.name.as_str(), package)).collect();
    let minimal = by_name.get("python3-minimal")?;
    let version = minimal.depends.iter().find_map(|name| {
        let version = name.as_str().strip_prefix("python")?.strip_suffix("-minimal")?;
        version.contains('.').then(|| version.to_owned())
    })?;
    let mut packages = BTreeSet::new();
    let mut todo = vec![format!("python{version}-minimal"), format!("libpython{version}-stdlib")];
    while let Some(name) = todo.pop() {
        let Some(package) = by_name.get(name.as_str()) else { continue };
        if packages.insert(package.name.clone()) {
            todo.extend(package.depends.iter().map(ToString::to_string));
        }
    }
    Some(Python { version, packages })
}
