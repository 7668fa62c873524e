//! Whose files there are.

use super::{Found, debian};
use crate::Subject;
use data_encoding::HEXLOWER;
use sage_oci_delta::What;
use sage_oci_tree::ImagePath;
use std::ops::Bound;

/// Why an image without packages cannot be asked.
const NO_PACKAGES: &str = "the image has no package database";

pub(crate) fn altered(subject: &Subject<'_>) -> Found {
    if subject.owners.is_none() {
        return Err(NO_PACKAGES.to_owned());
    }
    let mut found = Vec::new();
    for (path, sum) in debian::sums(subject) {
        let Some(node) = subject.tree.nodes.get(&path) else { continue };
        match (&node.facts.what, subject.seen(&path)) {
            (What::File { .. }, Some(seen)) if seen.md5 == sum => {}
            (What::File { .. }, Some(seen)) => {
                found.push((
                    path,
                    format!("its MD5 is {}, the package's {}", HEXLOWER.encode(&seen.md5), HEXLOWER.encode(&sum)),
                ));
            }
            (what, _) => found.push((path, format!("it is a {}, the package's a file", what.name()))),
        }
    }
    Ok(found)
}

pub(crate) fn unowned(subject: &Subject<'_>) -> Found {
    let Some(owners) = subject.owners else { return Err(NO_PACKAGES.to_owned()) };
    let made = debian::made(subject);
    let nodes = &subject.tree.nodes;
    let is_empty = |path: &ImagePath| {
        let below = format!("{path}/");
        nodes
            .range::<str, _>((Bound::Included(below.as_str()), Bound::Unbounded))
            .next()
            .is_none_or(|(next, _)| !next.as_str().starts_with(&below))
    };
    let unknown = |path: &ImagePath| owners.get(path).is_empty() && !debian::is_database(path) && !made.contains(path);
    let found = nodes.iter().filter(|(path, node)| {
        // A directory is there for what lies in it.
        let matters = !path.is_root() && (!node.facts.what.is_directory() || is_empty(path));
        matters && unknown(path)
    });
    Ok(found.map(|(path, node)| (path.clone(), node.facts.what.name().to_owned())).collect())
}
