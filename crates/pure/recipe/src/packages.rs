//! Steps that concern packages: fetching, unpacking, compiling.

use crate::accounts::Accounts;
use crate::{
    BytecodePackage, BytecodeStep, FetchFile, FetchStep, Handle, Interpreter, LayerPackage, LayerStep, Sealing,
};
use sage_oci_definition::Resolved;
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_lock::{Lock, LockedPackage};
use sage_oci_names::{LayerName, PackageName, Sha256};
use std::collections::BTreeMap;

/// A lock's packages with the derivations that fetch them.
pub(crate) struct Packages<'a> {
    lock: &'a Lock,
    by_name: BTreeMap<&'a PackageName, &'a LockedPackage>,
    /// The fetch of each layer, as far as it was added.
    pub(crate) fetches: BTreeMap<LayerName, Handle>,
}

impl<'a> Packages<'a> {
    pub(crate) fn new(lock: &'a Lock) -> Self {
        let by_name = lock.packages.iter().map(|package| (&package.name, package)).collect();
        Self { lock, by_name, fetches: BTreeMap::new() }
    }

    /// The packages of a layer, sorted by name.
    pub(crate) fn of_layer<'b>(&'b self, layer: &'b LayerName) -> impl Iterator<Item = &'a LockedPackage> + 'b {
        self.lock.packages.iter().filter(move |package| package.layer == *layer)
    }

    /// The fetch that holds a package's archive.
    pub(crate) fn fetch_of(&self, name: &PackageName) -> Option<&Handle> {
        self.fetches.get(&self.by_name.get(name)?.layer)
    }

    /// The archive's path in the store.
    pub(crate) fn archive(&self, name: &PackageName) -> Option<String> {
        let package = self.by_name.get(name)?;
        let fetch = self.fetches.get(&package.layer)?;
        Some(format!("{}/{}", fetch.out, package.file_name()))
    }

    /// What fetches a layer's archives.
    pub(crate) fn fetch_step(&self, layer: &LayerName) -> FetchStep {
        let file = |p: &LockedPackage| {
            fetch_file(self.lock, p.suite.as_deref(), p.file_name(), p.path.clone(), p.size, p.sha256)
        };
        fetch_step(self.lock, self.of_layer(layer).map(file).collect())
    }

    /// What unpacks a layer.
    pub(crate) fn layer_step(
        &self,
        layer: &LayerName,
        base: bool,
        image: &Resolved,
        accounts: &Accounts,
        sealing: Sealing,
    ) -> LayerStep {
        let packages: Vec<LayerPackage> = self
            .of_layer(layer)
            .filter_map(|package| {
                Some(LayerPackage {
                    name: package.name.clone(),
                    archive: self.archive(&package.name)?,
                    scripts: package.scripts.clone(),
                    replaced: package.replaced.clone(),
                })
            })
            .collect();
        let effects: Vec<OwnedEffect> = self
            .lock
            .effects
            .iter()
            .filter(|owned| match owned.effect {
                Effect::Diversion { .. } => true,
                Effect::Metadata { .. } => {
                    self.by_name.get(&owned.package).is_some_and(|package| package.layer == *layer)
                }
                _ => false,
            })
            .cloned()
            .collect();
        LayerStep {
            name: layer.clone(),
            sealing,
            packages,
            base,
            effects,
            users: accounts.users.clone(),
            groups: accounts.groups.clone(),
            exclude: image.exclude.clone(),
            include: image.include.clone(),
        }
    }

    /// What compiles the modules of some layers; `None` where no package asks for it.
    pub(crate) fn bytecode_step(
        &self,
        name: &LayerName,
        layers: &[LayerName],
        interpreter: &Interpreter,
        image: &Resolved,
        sealing: Sealing,
    ) -> Option<BytecodeStep> {
        let mut directories: BTreeMap<&PackageName, Vec<String>> = BTreeMap::new();
        for owned in &self.lock.effects {
            let Effect::Bytecode { directories: given } = &owned.effect else { continue };
            let Some(package) = self.by_name.get(&owned.package) else { continue };
            if layers.contains(&package.layer) {
                let all = directories.entry(&package.name).or_default();
                if given.is_empty() {
                    all.extend(public_directories(&interpreter.version));
                } else {
                    all.extend(given.iter().cloned());
                }
            }
        }
        let packages: Vec<BytecodePackage> = directories
            .into_iter()
            .filter_map(|(name, mut directories)| {
                directories.sort();
                directories.dedup();
                Some(BytecodePackage {
                    name: name.clone(),
                    archive: self.archive(name)?,
                    directories,
                    replaced: self.by_name.get(name)?.replaced.clone(),
                })
            })
            .collect();
        if packages.is_empty() {
            return None;
        }
        Some(BytecodeStep {
            name: name.clone(),
            sealing,
            interpreter: interpreter.clone(),
            packages,
            exclude: image.exclude.clone(),
            include: image.include.clone(),
        })
    }
}

/// What fetches some archives, each from its own suite's mirrors.
pub(crate) fn fetch_step(lock: &Lock, mut files: Vec<FetchFile>) -> FetchStep {
    files.sort_by(|a, b| a.name.cmp(&b.name));
    FetchStep { mirrors: lock.mirrors(None).to_vec(), files }
}

/// One archive; only mirrors other than those of the first suite stand beside it.
pub(crate) fn fetch_file(
    lock: &Lock,
    suite: Option<&str>,
    name: String,
    path: String,
    size: u64,
    sha256: Sha256,
) -> FetchFile {
    let own = Some(lock.mirrors(suite)).filter(|own| *own != lock.mirrors(None));
    FetchFile { name, path, size, sha256, mirrors: own.unwrap_or_default().to_vec() }
}

/// Where Debian puts modules that every program may import (Debian Python policy, "Module Path").
fn public_directories(version: &str) -> [String; 2] {
    ["/usr/lib/python3/dist-packages".to_owned(), format!("/usr/lib/python{version}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A package of the lock's first suite and one of another suite.
    const LOCK: &str = include_str!("../../lock/tests/locks/format-2.json");

    #[test]
    fn only_what_comes_from_elsewhere_names_its_mirrors() {
        let lock = Lock::parse(LOCK).unwrap();
        let packages = Packages::new(&lock);
        let json = |layer: &str| serde_json::to_value(packages.fetch_step(&layer.parse().unwrap())).unwrap();
        // The form of a lock with one suite, byte for byte: another one would be another derivation.
        let base = json("base");
        assert_eq!(base["mirrors"], serde_json::json!(["http://deb.debian.org/debian"]));
        assert_eq!(
            base["files"][0],
            serde_json::json!({
                "name": "dash_0.5.12-12_amd64.deb",
                "path": "pool/main/d/dash/dash_0.5.12-12_amd64.deb",
                "size": 100,
                "sha256": "0000000000000000000000000000000000000000000000000000000000000011",
            })
        );
        let tool = json("tool");
        assert_eq!(tool["mirrors"], base["mirrors"]);
        assert_eq!(tool["files"][0]["mirrors"][0], "http://deb.debian.org/debian-security");
        let step = packages.fetch_step(&"tool".parse().unwrap());
        assert_eq!(step.by_mirrors().into_keys().collect::<Vec<_>>(), [lock.mirrors(Some("sid-security"))]);
    }
}
