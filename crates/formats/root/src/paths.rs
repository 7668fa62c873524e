use crate::RootError;
use std::borrow::Cow;

/// Top-level names that are links into `/usr` in a merged-/usr system (Debian policy 9.1, usrmerge).
const MERGED: [&str; 6] = ["bin", "sbin", "lib", "lib64", "lib32", "libx32"];

/// Where a packaged path lies once `/bin`, `/sbin` and `/lib*` are links into `/usr`.
///
/// The names themselves (`bin`) stay: in a package they are the directory or the link, and the caller decides.
pub fn merged_usr(path: &str) -> Cow<'_, str> {
    match path.split_once('/') {
        Some((first, _)) if MERGED.contains(&first) => Cow::Owned(format!("usr/{path}")),
        _ => Cow::Borrowed(path),
    }
}

/// Whether a path is one of the merged-/usr links.
pub fn is_merged_link(path: &str) -> bool {
    MERGED.contains(&path)
}

/// Turns a path as scripts write it (`/lib/x`) into the layer's form (`usr/lib/x`).
///
/// # Errors
///
/// It leads outside the image, or is the root itself.
pub fn image_path(text: &str) -> Result<String, RootError> {
    let relative = text.strip_prefix('/').unwrap_or(text);
    let path = sage_oci_deb::normal_path(relative).map_err(|why| RootError::Path { path: text.to_owned(), why })?;
    if path.is_empty() {
        return Err(RootError::Path { path: text.to_owned(), why: "it is the root itself" });
    }
    Ok(merged_usr(&path).into_owned())
}

/// The parents of a path, outermost first, without the root.
pub fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// The directory part and the last component.
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
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
            assert_eq!(merged_usr(raw), merged);
        }
    }

    #[test]
    fn paths_of_effects_stay_inside() {
        assert_eq!(image_path("/sbin/init").unwrap(), "usr/sbin/init");
        for bad in ["", "/", "/../etc", "/a/../../b", "//"] {
            assert!(image_path(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn parents_come_outermost_first() {
        assert_eq!(parents("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(parents("a").count(), 0);
    }
}
