//! What stands in files.

use super::{Found, debian};
use crate::{Mark, Subject};

fn marked(subject: &Subject<'_>, of: impl Fn(&Mark) -> Option<String>) -> Vec<(sage_oci_tree::ImagePath, String)> {
    let seen = subject.seen.iter();
    seen.flat_map(|(path, seen)| seen.marks.iter().filter_map(&of).map(|what| (path.clone(), what))).collect()
}

pub(crate) fn private_key(subject: &Subject<'_>) -> Found {
    Ok(marked(subject, |mark| match mark {
        Mark::PrivateKey(kind) => Some(kind.clone()),
        _ => None,
    }))
}

pub(crate) fn store_path(subject: &Subject<'_>) -> Found {
    Ok(marked(subject, |mark| match mark {
        Mark::Store(path) => Some(path.clone()),
        _ => None,
    }))
}

/// Of what a package ships as it is, its own builder's folders are its own affair: they are the same for everybody.
pub(crate) fn build_path(subject: &Subject<'_>) -> Found {
    let mut found = marked(subject, |mark| match mark {
        Mark::Here(text) => Some(text.clone()),
        _ => None,
    });
    let built = marked(subject, |mark| match mark {
        Mark::Build(path) => Some(path.clone()),
        _ => None,
    });
    if !built.is_empty() {
        let sums = debian::sums(subject);
        let shipped = |path: &sage_oci_tree::ImagePath| match (sums.get(path), subject.seen(path)) {
            (Some(sum), Some(seen)) => *sum == seen.md5,
            _ => false,
        };
        found.extend(built.into_iter().filter(|(path, _)| !shipped(path)));
    }
    found.sort();
    Ok(found)
}
