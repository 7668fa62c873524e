use crate::RootError;
use sage_oci_tree::{ImagePath, PathError};
use std::borrow::Cow;

/// Top-level names that are links into `/usr` in a merged-/usr system (Debian policy 9.1, usrmerge).
const MERGED: [&str; 6] = ["bin", "sbin", "lib", "lib64", "lib32", "libx32"];

/// Where a packaged path lies once `/bin`, `/sbin` and `/lib*` are links into `/usr`.
///
/// The names themselves (`bin`) stay: in a package they are the directory or the link, and the caller decides.
pub fn merged_usr(path: &ImagePath) -> Cow<'_, ImagePath> {
    let first = path.components().next().unwrap_or_default();
    match ImagePath::parse("usr") {
        Ok(usr) if path.depth() > 1 && MERGED.contains(&first) => Cow::Owned(usr.join(path)),
        _ => Cow::Borrowed(path),
    }
}

/// Whether a path is one of the merged-/usr links.
pub fn is_merged_link(path: &ImagePath) -> bool {
    MERGED.contains(&path.as_str())
}

/// A path as people and scripts write it, `/lib/x`, which is not the root.
pub fn absolute(text: &str) -> Result<ImagePath, RootError> {
    let fail = |why| RootError::Path { path: text.to_owned(), why };
    // One slash says where it begins; a second one is a mistake of whoever wrote it.
    if text.starts_with("//") {
        return Err(fail(PathError::Absolute.why()));
    }
    let path = ImagePath::anchored(text).map_err(|error| fail(error.why()))?;
    if path.is_root() { Err(fail("it is the root itself")) } else { Ok(path) }
}

/// The same where it lies in an image with a merged `/usr`: `usr/lib/x`.
pub fn image_path(text: &str) -> Result<ImagePath, RootError> {
    Ok(merged_usr(&absolute(text)?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_below_a_merged_name_moves() {
        for (raw, merged) in [
            ("bin/sh", "usr/bin/sh"),
            ("lib64/ld.so", "usr/lib64/ld.so"),
            ("bin", "bin"),
            ("library/x", "library/x"),
            ("usr/lib/x", "usr/lib/x"),
            ("etc/lib/x", "etc/lib/x"),
        ] {
            assert_eq!(merged_usr(&raw.parse().unwrap()).as_str(), merged);
        }
    }

    #[test]
    fn paths_of_effects_stay_inside() {
        assert_eq!(image_path("/sbin/init").unwrap(), "usr/sbin/init");
        for bad in ["", "/", "/../etc", "/a/../../b", "//"] {
            assert!(image_path(bad).is_err(), "{bad:?}");
        }
    }
}
