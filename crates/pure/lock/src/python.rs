use crate::{Lock, LockedPackage};
use sage_oci_names::PackageName;
use std::collections::{BTreeMap, BTreeSet};

/// The Python of some packages: its version and the packages that it needs to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// `major.minor`.
    pub version: String,
    /// Names of the packages, sorted.
    pub packages: BTreeSet<PackageName>,
}

impl Python {
    /// Finds the Python that `python3-minimal` depends on, and the closure of its dependencies.
    pub fn of(packages: &[LockedPackage]) -> Option<Self> {
        let by_name: BTreeMap<&str, &LockedPackage> =
            packages.iter().map(|package| (package.name.as_str(), package)).collect();
        let minimal = by_name.get("python3-minimal")?;
        let version = minimal.depends.iter().find_map(|name| {
            let version = name.as_str().strip_prefix("python")?.strip_suffix("-minimal")?;
            version.contains('.').then(|| version.to_owned())
        })?;
        let mut packages = BTreeSet::new();
        let mut todo = Self::roots(&version).to_vec();
        while let Some(name) = todo.pop() {
            let Some(package) = by_name.get(name.as_str()) else { continue };
            if packages.insert(package.name.clone()) {
                todo.extend(package.depends.iter().map(ToString::to_string));
            }
        }
        Some(Self { version, packages })
    }

    /// The packages that a Python of this version consists of: the program with the modules that it cannot do without, and
    /// the other modules of the standard library.
    pub fn roots(version: &str) -> [String; 2] {
        [format!("python{version}-minimal"), format!("libpython{version}-stdlib")]
    }
}

impl Lock {
    /// The images' own Python, if they have one.
    pub fn python(&self) -> Option<Python> {
        Python::of(&self.packages)
    }
}
