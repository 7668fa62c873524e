//! What stands in files.

use super::code::source;
use super::{Found, debian};
use crate::{Mark, Subject};
use sage_oci_tree::ImagePath;

fn marked(subject: &Subject<'_>, of: impl Fn(&Mark) -> Option<String>) -> Vec<(ImagePath, String)> {
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

fn has_mark(subject: &Subject<'_>, path: &ImagePath) -> bool {
    subject.seen(path).is_some_and(|seen| seen.marks.iter().any(|mark| matches!(mark, Mark::Build(_))))
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
        let shipped = |path: &ImagePath| match (sums.get(path), subject.seen(path)) {
            (Some(sum), Some(seen)) => *sum == seen.md5,
            _ => false,
        };
        // Byte-code has what its source has, which may be a link.
        let behind = |path: &ImagePath| subject.find(source(path)?.as_str());
        let of_package = |path: &ImagePath| {
            shipped(path) || behind(path).is_some_and(|source| has_mark(subject, &source) && shipped(&source))
        };
        found.extend(built.into_iter().filter(|(path, _)| !of_package(path)));
    }
    found.sort();
    Ok(found)
}
