//! What differs between two locks beside archives: what is said of the same package, layer or suite.

use crate::{Lock, LockedPackage, SuitePin};
use sage_oci_names::{LayerName, PackageName};
use serde::Serialize;
use std::collections::BTreeMap;

/// A package or suite of which both locks say different things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note<T> {
    /// Its name.
    pub name: T,
    /// What is said differently, in the words of the lock's fields.
    pub what: Vec<&'static str>,
}

/// Packages whose archive is the same and of which something else is said, by name.
pub(crate) fn described(old: &Lock, new: &Lock) -> Vec<Note<PackageName>> {
    let before: BTreeMap<&PackageName, &LockedPackage> = old.packages.iter().map(|one| (&one.name, one)).collect();
    let one = |new: &LockedPackage| {
        let old = before.get(&new.name).filter(|old| old.sha256 == new.sha256)?;
        note(new.name.clone(), package(old, new))
    };
    new.packages.iter().filter_map(one).collect()
}

/// The name and the archive are the same, and moves have a list of their own; a new field does not compile until it is here.
fn package(old: &LockedPackage, new: &LockedPackage) -> Vec<&'static str> {
    let LockedPackage {
        name: _,
        sha256: _,
        layer: _,
        version,
        architecture,
        source,
        size,
        installed_size,
        path,
        suite,
        reason,
        depends,
        scripts,
        replaced,
    } = new;
    said([
        // As text: `1.0` and `0:1.0` are equal, and have different file names.
        ("version", version.as_str() != old.version.as_str()),
        ("architecture", *architecture != old.architecture),
        ("source", *source != old.source),
        ("size", *size != old.size),
        ("installed size", *installed_size != old.installed_size),
        ("path", *path != old.path),
        ("suite", *suite != old.suite),
        ("reason", *reason != old.reason),
        ("dependencies", *depends != old.depends),
        ("scripts", *scripts != old.scripts),
        ("replaced paths", *replaced != old.replaced),
    ])
}

/// Suites that one lock has, or of which they say more than other dates, in the new lock's order, then those that are gone.
pub(crate) fn suites(old: &Lock, new: &Lock) -> Vec<Note<String>> {
    let find = |lock: &Lock, name: &str| lock.suites.iter().position(|pin| pin.suite == name);
    let mut notes = Vec::new();
    for (place, pin) in new.suites.iter().enumerate() {
        let what = match find(old, &pin.suite) {
            None => vec!["new"],
            Some(before) => suite(&old.suites[before], pin, before != place),
        };
        notes.extend(note(pin.suite.clone(), what));
    }
    let gone = old.suites.iter().filter(|pin| find(new, &pin.suite).is_none());
    notes.extend(gone.map(|pin| Note { name: pin.suite.clone(), what: vec!["gone"] }));
    notes
}

/// Indexes are signed anew every day or hour: what follows from that is no difference.
fn suite(old: &SuitePin, new: &SuitePin, moved: bool) -> Vec<&'static str> {
    let SuitePin {
        suite: _,
        date: _,
        valid_until: _,
        inrelease: _,
        indexes: _,
        mirrors,
        security,
        expired,
        older_than,
        signers,
    } = new;
    said([
        ("precedence", moved),
        ("mirrors", *mirrors != old.mirrors),
        ("security", *security != old.security),
        ("signers", *signers != old.signers),
        ("an expired index", *expired != old.expired),
        ("an older index", older_than.is_some() != old.older_than.is_some()),
    ])
}

/// Layers that other source packages are assigned to, in the new lock's order.
pub(crate) fn assigned(old: &Lock, new: &Lock) -> Vec<LayerName> {
    let differs = |name: &LayerName, sources| {
        old.layers.iter().find(|layer| layer.name == *name).is_some_and(|old| old.sources != sources)
    };
    let layers = new.layers.iter().filter(|layer| differs(&layer.name, layer.sources.clone()));
    layers.map(|layer| layer.name.clone()).collect()
}

fn said<const N: usize>(all: [(&'static str, bool); N]) -> Vec<&'static str> {
    all.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what).collect()
}

fn note<T>(name: T, what: Vec<&'static str>) -> Option<Note<T>> {
    (!what.is_empty()).then_some(Note { name, what })
}
