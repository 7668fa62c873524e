use crate::{ImagePlan, Lock, LockedSource};
use sage_oci_names::{ImageName, Sha256};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// An image whose plan differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageChange {
    /// Its name.
    pub name: ImageName,
    /// Whether both locks have it, or which one.
    pub standing: Standing,
    /// What differs where both have it, as a person reads it.
    pub what: Vec<String>,
}

/// Which of two locks has an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The new one alone.
    Added,
    /// The old one alone.
    Removed,
    /// Both.
    Changed,
}

/// The images whose plans differ, by name.
pub(crate) fn images(old: &Lock, new: &Lock) -> Vec<ImageChange> {
    let names: BTreeSet<&ImageName> = old.images.keys().chain(new.images.keys()).collect();
    let one = |name: &ImageName| {
        let (standing, what) = match (old.images.get(name), new.images.get(name)) {
            (None, _) => (Standing::Added, Vec::new()),
            (_, None) => (Standing::Removed, Vec::new()),
            (Some(old), Some(new)) if old == new => return None,
            (Some(old), Some(new)) => (Standing::Changed, differences(old, new)),
        };
        Some(ImageChange { name: name.clone(), standing, what })
    };
    names.into_iter().filter_map(one).collect()
}

/// Archives of source trees and wheels that only the new lock has: their sizes, for each folder that holds one.
pub(crate) fn archives(old: &Lock, new: &Lock) -> Vec<u64> {
    let known = by_digests(old);
    by_digests(new).into_iter().filter(|(digests, _)| !known.contains_key(digests)).map(|(_, size)| size).collect()
}

/// The bytes of all such archives of a lock.
pub(crate) fn every_archive(lock: &Lock) -> u64 {
    by_digests(lock).values().sum()
}

/// Two images may have the same archive.
fn by_digests(lock: &Lock) -> BTreeMap<(Sha256, Sha256), u64> {
    let sources = lock.images.values().flat_map(|plan| plan.sources.values());
    sources.map(|source| ((source.sha256, source.fetch.nar_sha256), source.fetch.size)).collect()
}

/// What differs between two plans of one image; a new field of plans does not compile until it is here.
fn differences(old: &ImagePlan, new: &ImagePlan) -> Vec<String> {
    let ImagePlan { version, extends, wanted, layers, bytecode, sources } = new;
    let mut what = Vec::new();
    if *version != old.version {
        what.push(format!("version {} -> {version}", old.version));
    }
    if *extends != old.extends {
        let text = |base: &Option<ImageName>| base.as_ref().map_or("nothing".to_owned(), |base| format!("`{base}`"));
        what.push(format!("extends {}, extended {}", text(extends), text(&old.extends)));
    }
    if *wanted != old.wanted {
        what.push("other packages of the extended image are asked for".to_owned());
    }
    if *layers != old.layers {
        what.push(list("package layers", layers, &old.layers));
    }
    if *bytecode != old.bytecode {
        let names = |plan: &ImagePlan| plan.bytecode.keys().cloned().collect::<Vec<_>>();
        what.push(list("byte-code layers", &names(new), &names(old)));
    }
    let names: BTreeSet<&String> = sources.keys().chain(old.sources.keys()).collect();
    what.extend(names.into_iter().filter_map(|name| archive(name, old.sources.get(name), sources.get(name))));
    what
}

/// Names that are new or gone; where there are none, what the layers hold or their order is another.
fn list<T: PartialEq + std::fmt::Display>(what: &str, new: &[T], old: &[T]) -> String {
    let signed = |sign: char, these: &[T], those: &[T]| {
        these.iter().filter(|name| !those.contains(name)).map(|name| format!("{sign}{name}")).collect::<Vec<_>>()
    };
    let names = [signed('+', new, old), signed('-', old, new)].concat();
    match names.is_empty() {
        true if new == old => format!("{what} hold other layers' modules"),
        true => format!("{what} in another order"),
        false => format!("{what} {}", names.join(" ")),
    }
}

fn archive(name: &str, old: Option<&LockedSource>, new: Option<&LockedSource>) -> Option<String> {
    match (old, new) {
        (None, _) => Some(format!("archive `{name}` is new")),
        (_, None) => Some(format!("archive `{name}` is gone")),
        (Some(old), Some(new)) => (old != new).then(|| format!("another archive of `{name}`")),
    }
}
