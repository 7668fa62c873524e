use crate::LayerError;
use sage_oci_tar::WHITEOUT;
use sage_oci_tree::ImagePath;

/// Checks that a path is one a layer may hold: not the root, and without a name that would be a removal on tape.
pub(crate) fn check(path: &ImagePath) -> Result<(), LayerError> {
    let fail = |why| Err(LayerError::InvalidPath { path: path.to_string(), why });
    if path.is_root() {
        return fail("it is the root");
    }
    if path.components().any(|component| component.starts_with(WHITEOUT)) {
        return fail("a component begins with `.wh.`, which means removal");
    }
    Ok(())
}

/// Checks that a link's text can stand in an archive.
pub(crate) fn check_target(path: &ImagePath, target: &str) -> Result<(), LayerError> {
    let fail = |why| Err(LayerError::InvalidTarget { path: path.to_string(), why });
    if target.is_empty() {
        return fail("it is empty");
    }
    if target.contains('\0') {
        return fail("it has a NUL byte");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_may_not_be() {
        for good in ["a", "usr/bin/x", "usr/share/été", "a/..b", "a b/c\nd", "a/b.wh."] {
            assert!(check(&ImagePath::parse(good).unwrap()).is_ok(), "{good}");
        }
        for bad in ["a/.wh.b", ".wh.a/b", ".wh..wh..opq"] {
            assert!(check(&ImagePath::parse(bad).unwrap()).is_err(), "{bad}");
        }
        assert!(check(&ImagePath::root()).is_err());
    }
}
