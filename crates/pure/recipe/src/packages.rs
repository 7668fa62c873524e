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
        let files = self.of_layer(layer).map(|p| (p.file_name(), p.path.clone(), p.size, p.sha256));
        fetch_step(self.lock, files)
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

/// What fetches some archives, given by file name, path, size and digest.
pub(crate) fn fetch_step(lock: &Lock, files: impl Iterator<Item = (String, String, u64, Sha256)>) -> FetchStep {
    let file = |(name, path, size, sha256)| FetchFile { name, path, size, sha256 };
    let mut files: Vec<FetchFile> = files.map(file).collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    FetchStep { mirrors: lock.archive.mirrors.clone(), files }
}

/// Where Debian puts modules that every program may import (Debian Python policy, "Module Path").
fn public_directories(version: &str) -> [String; 2] {
    ["/usr/lib/python3/dist-packages".to_owned(), format!("/usr/lib/python{version}")]
}
