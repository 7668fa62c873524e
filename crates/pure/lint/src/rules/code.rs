//! Python's byte-code.

use super::Found;
use crate::{Check, Content, Subject};
use sage_oci_tree::ImagePath;
use std::collections::BTreeSet;

/// Folders of modules; what lies elsewhere is a script or data.
const MODULES: [&str; 2] = ["dist-packages", "site-packages"];

pub(crate) fn missing(subject: &Subject<'_>) -> Found {
    let compiled: BTreeSet<ImagePath> = byte_code(subject).filter_map(|(path, _)| source(path)).collect();
    let modules = subject.seen.iter().filter(|(path, seen)| {
        matches!(seen.content, Content::Python(_)) && is_module(path) && !compiled.contains(*path)
    });
    Ok(modules.map(|(path, _)| (path.clone(), "a module".to_owned())).collect())
}

pub(crate) fn stale(subject: &Subject<'_>) -> Found {
    let mut found = Vec::new();
    for (path, check) in byte_code(subject) {
        let what = match source(path) {
            None => Some("it lies in no `__pycache__`".to_owned()),
            Some(source) => stale_beside(subject, &source, check),
        };
        found.extend(what.map(|what| (path.clone(), what)));
    }
    Ok(found)
}

fn stale_beside(subject: &Subject<'_>, source: &ImagePath, check: Check) -> Option<String> {
    let path = subject.find(source.as_str());
    let Some((path, seen)) = path.and_then(|path| Some((path.clone(), subject.seen(&path)?))) else {
        return Some(format!("{} is not there", source.absolute()));
    };
    match (check, &seen.content) {
        (Check::Digest(made_of), Content::Python(Some(is))) if made_of == *is => None,
        (Check::Digest(_), Content::Python(Some(_))) => Some("its source is another one".to_owned()),
        (Check::Digest(_), _) => Some("its source could not be held against it".to_owned()),
        (Check::Time { mtime, size }, _) => {
            let facts = &subject.tree.nodes.get(&path)?.facts;
            // Both are kept modulo 2^32.
            let (is_time, is_size) = (facts.mtime & 0xffff_ffff, facts.size().unwrap_or_default() & 0xffff_ffff);
            let same = is_time == i64::from(mtime) && is_size == u64::from(size);
            (!same).then(|| "its source is of another time or size, so it is compiled again at each start".to_owned())
        }
        (Check::None, _) => Some("it is no byte-code".to_owned()),
    }
}

fn byte_code<'a>(subject: &'a Subject<'_>) -> impl Iterator<Item = (&'a ImagePath, Check)> {
    subject.seen.iter().filter_map(|(path, seen)| match seen.content {
        Content::ByteCode(check) => Some((path, check)),
        _ => None,
    })
}

/// The module that a file of byte-code is made of (PEP 3147): `a/__pycache__/m.cpython-313.pyc` of `a/m.py`.
pub(super) fn source(path: &ImagePath) -> Option<ImagePath> {
    let folder = path.parent().filter(|folder| folder.name() == "__pycache__")?;
    // The optimised form has one dot more: `m.cpython-313.opt-1.pyc`.
    let name = path.name().strip_suffix(".pyc")?;
    let name = name.rsplit_once(".opt-").map_or(name, |(name, _)| name);
    let (name, _) = name.rsplit_once('.')?;
    folder.parent()?.child(&format!("{name}.py")).ok()
}

fn is_module(path: &ImagePath) -> bool {
    let mut folders = path.components();
    let own = path.as_str().starts_with("usr/lib/python3.");
    (own || folders.any(|folder| MODULES.contains(&folder))) && path.components().all(|part| part != "__pycache__")
}
