//! Whose files there are.

use super::{Found, debian};
use crate::Subject;
use data_encoding::HEXLOWER;
use sage_oci_delta::What;

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
    let mut found = Vec::new();
    let mut nodes = subject.tree.nodes.iter().peekable();
    while let Some((path, node)) = nodes.next() {
        // A directory is there for what lies in it.
        let is_empty =
            |below: Option<&(&sage_oci_tree::ImagePath, _)>| below.is_none_or(|(next, _)| !next.is_within(path));
        if path.is_root() || node.facts.what.is_directory() && !is_empty(nodes.peek()) {
            continue;
        }
        if owners.get(path).is_empty() && !debian::is_database(path) && !made.contains(path) {
            found.push((path.clone(), node.facts.what.name().to_owned()));
        }
    }
    Ok(found)
}
