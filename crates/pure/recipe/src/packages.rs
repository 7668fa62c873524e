//! Steps that concern packages: fetching, unpacking, compiling.

use crate::accounts::Accounts;
use crate::route::{Place, place};
use crate::{
    BytecodePackage, BytecodeStep, FetchFile, FetchStep, Interpreter, LayerPackage, LayerStep, Node, RecipeError,
    Sealing,
};
use sage_oci_definition::Resolved;
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_lock::{Lock, LockedPackage};
use sage_oci_names::{ImageName, LayerName, PackageName, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// A lock's packages with the steps that fetch them.
pub(crate) struct Packages<'a> {
    lock: &'a Lock,
    image: &'a ImageName,
    by_name: BTreeMap<&'a PackageName, &'a LockedPackage>,
    /// The fetch of each layer, as far as it was added.
    pub(crate) fetches: BTreeMap<LayerName, Node>,
}

impl<'a> Packages<'a> {
    /// `fetches` are those of the image below.
    pub(crate) fn new(lock: &'a Lock, image: &'a ImageName, fetches: BTreeMap<LayerName, Node>) -> Self {
        let by_name = lock.packages.iter().map(|package| (&package.name, package)).collect();
        Self { lock, image, by_name, fetches }
    }

    /// The packages of a layer, sorted by name.
    pub(crate) fn of_layer<'b>(&'b self, layer: &'b LayerName) -> impl Iterator<Item = &'a LockedPackage> + 'b {
        self.lock.packages.iter().filter(move |package| package.layer == *layer)
    }

    /// Whether some layer of the image has a package.
    pub(crate) fn has(&self, name: &PackageName) -> bool {
        self.by_name.contains_key(name)
    }

    /// The archive's path in the store; `why` says who needs it, where the image has no such package.
    pub(crate) fn archive(&self, name: &PackageName, why: &str) -> Result<String, RecipeError> {
        let no_package =
            || RecipeError::NoPackage { image: self.image.clone(), package: name.clone(), why: why.to_owned() };
        let package = self.by_name.get(name).ok_or_else(no_package)?;
        let fetch = self.fetches.get(&package.layer).ok_or_else(no_package)?;
        Ok(format!("{}/{}", fetch.out(), package.file_name()))
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
    ) -> Result<LayerStep, RecipeError> {
        let why = format!("the layer `{layer}`");
        let package = |package: &LockedPackage| {
            Ok(LayerPackage {
                name: package.name.clone(),
                archive: self.archive(&package.name, &why)?,
                scripts: package.scripts.clone(),
                replaced: package.replaced.clone(),
            })
        };
        let is_own = |name: &PackageName| self.by_name.get(name).is_some_and(|package| package.layer == *layer);
        let effects: Vec<OwnedEffect> = self
            .lock
            .effects
            .iter()
            .filter(|owned| match place(&owned.effect) {
                Place::EveryLayer => true,
                Place::OwnLayer => is_own(&owned.package),
                Place::Bytecode
                | Place::Users
                | Place::Alternatives
                | Place::LdCache
                | Place::Certificates
                | Place::Configuration => false,
            })
            .cloned()
            .collect();
        Ok(LayerStep {
            name: layer.clone(),
            sealing,
            packages: self.of_layer(layer).map(package).collect::<Result<_, RecipeError>>()?,
            base,
            effects,
            users: accounts.users.clone(),
            groups: accounts.groups.clone(),
            exclude: image.exclude.clone(),
            include: image.include.clone(),
            left_out: BTreeSet::new(),
        })
    }

    /// The packages of some layers whose modules are compiled, with the folders that these are in; sorted.
    pub(crate) fn compiled(&self, layers: &[LayerName], version: &str) -> BTreeMap<&'a PackageName, Vec<String>> {
        let mut all: BTreeMap<&PackageName, Vec<String>> = BTreeMap::new();
        for owned in &self.lock.effects {
            let Effect::Bytecode { directories } = &owned.effect else { continue };
            let Some(package) = self.by_name.get(&owned.package).filter(|package| layers.contains(&package.layer))
            else {
                continue;
            };
            let folders = all.entry(&package.name).or_default();
            match directories.is_empty() {
                true => folders.extend(public_directories(version)),
                false => folders.extend(directories.iter().cloned()),
            }
        }
        for folders in all.values_mut() {
            folders.sort();
            folders.dedup();
        }
        all
    }

    /// What compiles the modules of some layers; `None` where no package asks for it.
    pub(crate) fn bytecode_step(
        &self,
        name: &LayerName,
        layers: &[LayerName],
        interpreter: &Interpreter,
        image: &Resolved,
        sealing: Sealing,
    ) -> Result<Option<BytecodeStep>, RecipeError> {
        let why = format!("the layer `{name}`");
        let package = |(name, directories): (&PackageName, Vec<String>)| {
            Ok(BytecodePackage {
                name: name.clone(),
                archive: self.archive(name, &why)?,
                directories,
                replaced: self.by_name[name].replaced.clone(),
            })
        };
        let compiled = self.compiled(layers, &interpreter.version);
        let packages: Vec<BytecodePackage> = compiled.into_iter().map(package).collect::<Result<_, RecipeError>>()?;
        Ok((!packages.is_empty()).then(|| BytecodeStep {
            name: name.clone(),
            sealing,
            interpreter: interpreter.clone(),
            packages,
            exclude: image.exclude.clone(),
            include: image.include.clone(),
            left_out: BTreeSet::new(),
        }))
    }

    /// Every package of these layers that has modules to be compiled is in one of `compiled`.
    pub(crate) fn check_bytecode(&self, layers: &[LayerName], compiled: &[&LayerName]) -> Result<(), RecipeError> {
        let lost = |layer: &&LayerName| !compiled.contains(layer);
        for layer in layers.iter().filter(lost) {
            if let Some(package) = self.compiled(std::slice::from_ref(layer), "").into_keys().next() {
                let (image, package) = (self.image.clone(), package.clone());
                return Err(RecipeError::NoBytecode { image, package, layer: layer.clone() });
            }
        }
        Ok(())
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
        let (lock, image) = (Lock::parse(LOCK).unwrap(), "tool".parse().unwrap());
        let packages = Packages::new(&lock, &image, BTreeMap::new());
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
