use crate::LayerError;

/// What OCI puts before a name to say that it is removed (image spec, layer, "Whiteouts").
pub(crate) const WHITEOUT: &str = ".wh.";

/// Checks that a path is one a layer may hold.
pub(crate) fn check(path: &str) -> Result<(), LayerError> {
    let fail = |why| Err(LayerError::InvalidPath { path: path.to_owned(), why });
    if path.is_empty() {
        return fail("it is empty");
    }
    if path.starts_with('/') {
        return fail("it is absolute");
    }
    if path.contains('\0') {
        return fail("it has a NUL byte");
    }
    for component in path.split('/') {
        match component {
            "" => return fail("it has an empty component"),
            "." | ".." => return fail("it has a `.` or `..` component"),
            _ if component.starts_with(WHITEOUT) => return fail("a component begins with `.wh.`, which means removal"),
            _ => {}
        }
    }
    Ok(())
}

/// Checks that a link's text can stand in an archive.
pub(crate) fn check_target(path: &str, target: &str) -> Result<(), LayerError> {
    let fail = |why| Err(LayerError::InvalidTarget { path: path.to_owned(), why });
    if target.is_empty() {
        return fail("it is empty");
    }
    if target.contains('\0') {
        return fail("it has a NUL byte");
    }
    Ok(())
}

/// The ancestors of a path, topmost first: `a`, `a/b` for `a/b/c`.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// The name that removes `path` from lower layers.
pub(crate) fn whiteout(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((parent, name)) => format!("{parent}/{WHITEOUT}{name}"),
        None => format!("{WHITEOUT}{path}"),
    }
}

/// The path that a name on tape removes, if it is a whiteout's.
pub(crate) fn removed_by(name: &str) -> Option<String> {
    let (parent, base) = name.rsplit_once('/').map_or(("", name), |(parent, base)| (parent, base));
    let base = base.strip_prefix(WHITEOUT)?;
    Some(if parent.is_empty() { base.to_owned() } else { format!("{parent}/{base}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_may_not_be() {
        for good in ["a", "usr/bin/x", "usr/share/été", "a/..b", "a b/c\nd"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "/", "/a", "a/", "./a", "a/./b", "a/../b", "..", "a//b", "a\0b", "a/.wh.b", ".wh..wh..opq"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ancestors_from_the_top() {
        assert_eq!(ancestors("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(ancestors("a").count(), 0);
    }

    #[test]
    fn whiteouts_there_and_back() {
        for path in ["a", "a/b"] {
            assert_eq!(removed_by(&whiteout(path)).as_deref(), Some(path));
        }
        assert_eq!(removed_by("a/b.wh."), None);
    }
}
