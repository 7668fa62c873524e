use crate::diff_images::{ImageChange, archives, every_archive, images};
use crate::diff_notes::{Note, assigned, described, suites};
use crate::{Lock, LockedLayer, LockedPackage};
use sage_oci_names::{Architecture, LayerName, PackageName};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What one lock changes against another, in packages, layers and bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LockDiff {
    /// The format of this document, 1.
    pub format: u64,
    /// Packages that the old lock lacks, by name.
    pub added: Vec<PackageChange>,
    /// Packages that the new lock lacks, by name.
    pub removed: Vec<PackageChange>,
    /// Packages with another version or another archive of the same version, by name.
    pub changed: Vec<VersionChange>,
    /// Packages that are in another layer, by name.
    pub moved: Vec<PackageName>,
    /// Packages whose archive is the same and of which something else is said, by name.
    pub described: Vec<Note<PackageName>>,
    /// Packages that one lock leaves out and the other does not, or differently, by name.
    pub left_out: Vec<PackageName>,
    /// Images that one lock has, or whose plans differ, by name.
    pub images: Vec<ImageChange>,
    /// Layers that differ, the new lock's in its order, then those that are gone.
    pub layers: Vec<LayerChange>,
    /// Layers that other source packages are assigned to.
    pub assigned: Vec<LayerName>,
    /// Suites that one lock has, or of which something else is said than other dates.
    pub suites: Vec<Note<String>>,
    /// Bytes of archives, source trees and wheels among them, that the new lock has and the old one lacks: what a build must
    /// fetch.
    pub fetch_bytes: u64,
    /// The time stamp of every file differs, and so every layer's digest, whatever is in it.
    pub redated: bool,
    /// Bytes of all archives in layers with another digest, and of source trees and wheels in such layers: about what a person
    /// who has the old image must pull.
    pub pull_bytes: u64,
    /// How many package layers these are.
    pub pull_layers: usize,
    /// Effects of maintainer scripts that only the new lock has.
    pub effects_added: usize,
    /// Effects that only the old lock has.
    pub effects_removed: usize,
    /// The effects are the same in another order, or some of them another number of times.
    pub effects_reordered: bool,
    /// Machines of another architecture for which one lock pins a Python and the other none, or another.
    pub interpreters: Vec<Architecture>,
    /// Machines of another architecture for which one lock pins compilers and the other none, or others.
    pub compilers: Vec<Architecture>,
}

/// A package that one lock has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageChange {
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: String,
    /// Its layer.
    pub layer: LayerName,
    /// Its archive's size in bytes.
    pub size: u64,
}

/// A package that both locks have, differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionChange {
    /// Its name.
    pub name: PackageName,
    /// The old version.
    pub from: String,
    /// The new version; equal to the old one where only the archive differs.
    pub to: String,
    /// Whether the new version is lower.
    pub downgrade: bool,
    /// Whether the new version comes from a suite with security updates.
    pub security: bool,
    /// Its layer in the new lock.
    pub layer: LayerName,
    /// Size of the new archive in bytes.
    pub size: u64,
}

/// A layer that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerChange {
    /// Its name.
    pub name: LayerName,
    /// Archives in it that the old lock's layer lacks.
    pub archives: usize,
    /// All its archives' bytes in the new lock, zero where the layer is gone.
    pub bytes: u64,
}

impl Lock {
    /// Whether both have the same packages, layers, images and effects, whatever state of the archive they were made from.
    ///
    /// Indexes are signed anew every day or hour, also where nothing changes in them.
    pub fn is_same_but_for_dates(&self, other: &Self) -> bool {
        let names = |lock: &Self| lock.suites.iter().map(|pin| (pin.suite.clone(), pin.security)).collect::<Vec<_>>();
        let dated = Self { suites: other.suites.clone(), epoch: other.epoch, ..self.clone() };
        names(self) == names(other) && dated == *other
    }

    /// What changes from `old` to this lock.
    pub fn diff(&self, old: &Self) -> LockDiff {
        let before = by_name(old);
        let after = by_name(self);
        let (mut added, mut changed, mut moved) = (Vec::new(), Vec::new(), Vec::new());
        for package in &self.packages {
            match before.get(&package.name) {
                None => added.push(one(package)),
                Some(old) => {
                    if old.sha256 != package.sha256 {
                        changed.push(VersionChange {
                            name: package.name.clone(),
                            from: old.version.to_string(),
                            to: package.version.to_string(),
                            downgrade: package.version < old.version,
                            security: self.suite(package.suite.as_deref()).is_some_and(|pin| pin.security),
                            layer: package.layer.clone(),
                            size: package.size,
                        });
                    }
                    if old.layer != package.layer {
                        moved.push(package.name.clone());
                    }
                }
            }
        }
        let removed = old.packages.iter().filter(|package| !after.contains_key(&package.name)).map(one).collect();
        let layers = layers(old, self);
        let redated = self.epoch != old.epoch;
        let beside: u64 = archives(old, self).iter().sum();
        let (pull_bytes, pull_layers) = match redated {
            true => {
                let all: u64 = self.layers.iter().map(|layer| layer.fetch.size).sum();
                (all + every_archive(self), self.layers.len())
            }
            false => {
                let held = layers.iter().map(|layer| layer.bytes).filter(|bytes| *bytes > 0);
                (held.clone().sum::<u64>() + beside, held.count())
            }
        };
        let packages = added.iter().map(|p| p.size).sum::<u64>() + changed.iter().map(|c| c.size).sum::<u64>();
        let effects_added = self.effects.iter().filter(|effect| !old.effects.contains(effect)).count();
        let effects_removed = old.effects.iter().filter(|effect| !self.effects.contains(effect)).count();
        LockDiff {
            format: 1,
            fetch_bytes: packages + beside,
            redated,
            pull_bytes,
            pull_layers,
            added,
            removed,
            changed,
            moved,
            described: described(old, self),
            left_out: left_out(old, self),
            images: images(old, self),
            layers,
            assigned: assigned(old, self),
            suites: suites(old, self),
            effects_added,
            effects_removed,
            effects_reordered: effects_added + effects_removed == 0 && self.effects != old.effects,
            interpreters: machines(&old.interpreters, &self.interpreters),
            compilers: machines(&old.compilers, &self.compilers),
        }
    }
}

fn by_name(lock: &Lock) -> BTreeMap<&PackageName, &LockedPackage> {
    lock.packages.iter().map(|package| (&package.name, package)).collect()
}

/// Machines for which one of two says something else, or nothing.
fn machines<T: PartialEq>(old: &BTreeMap<Architecture, T>, new: &BTreeMap<Architecture, T>) -> Vec<Architecture> {
    let either: BTreeSet<&Architecture> = old.keys().chain(new.keys()).collect();
    either.into_iter().filter(|machine| old.get(machine) != new.get(machine)).copied().collect()
}

fn one(package: &LockedPackage) -> PackageChange {
    PackageChange {
        name: package.name.clone(),
        version: package.version.to_string(),
        layer: package.layer.clone(),
        size: package.size,
    }
}

fn left_out(old: &Lock, new: &Lock) -> Vec<PackageName> {
    let only = |these: &Lock, those: &Lock| -> Vec<PackageName> {
        these.omitted.iter().filter(|one| !those.omitted.contains(one)).map(|one| one.name.clone()).collect()
    };
    let names: BTreeSet<PackageName> = only(old, new).into_iter().chain(only(new, old)).collect();
    names.into_iter().collect()
}

fn layers(old: &Lock, new: &Lock) -> Vec<LayerChange> {
    let find = |lock: &'_ Lock, name: &LayerName| -> Option<LockedLayer> {
        lock.layers.iter().find(|layer| layer.name == *name).cloned()
    };
    let archives = |lock: &Lock, name: &LayerName| -> BTreeSet<_> {
        lock.packages.iter().filter(|package| package.layer == *name).map(|package| package.sha256).collect()
    };
    let mut changes = Vec::new();
    for layer in &new.layers {
        if find(old, &layer.name).is_some_and(|old| old.fetch == layer.fetch) {
            continue;
        }
        let gained = archives(new, &layer.name).difference(&archives(old, &layer.name)).count();
        changes.push(LayerChange { name: layer.name.clone(), archives: gained, bytes: layer.fetch.size });
    }
    for layer in old.layers.iter().filter(|layer| find(new, &layer.name).is_none()) {
        changes.push(LayerChange { name: layer.name.clone(), archives: 0, bytes: 0 });
    }
    changes
}
