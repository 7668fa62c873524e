use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where things are kept that can be made again (fetched packages, partial downloads).
///
/// `SAGE_OCI_CACHE`, else `$XDG_CACHE_HOME/sage-oci`, else `~/.cache/sage-oci`, else `/var/cache/sage-oci` (XDG Base
/// Directory Specification; relative values are ignored as it demands). The directory may not exist yet.
pub fn cache_dir() -> PathBuf {
    place("SAGE_OCI_CACHE", "XDG_CACHE_HOME", ".cache", "/var/cache", |name| std::env::var_os(name))
}

/// Where things are kept that should outlive a run but are not precious (logs, locks).
///
/// `SAGE_OCI_STATE`, else `$XDG_STATE_HOME/sage-oci`, else `~/.local/state/sage-oci`, else `/var/lib/sage-oci`.
pub fn state_dir() -> PathBuf {
    place("SAGE_OCI_STATE", "XDG_STATE_HOME", ".local/state", "/var/lib", |name| std::env::var_os(name))
}

fn place(own: &str, xdg: &str, below_home: &str, system: &str, env: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let absolute = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute(own)
        .or_else(|| absolute(xdg).map(|base| base.join("sage-oci")))
        .or_else(|| absolute("HOME").map(|home| home.join(below_home).join("sage-oci")))
        .unwrap_or_else(|| Path::new(system).join("sage-oci"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::free_space;

    fn with(variables: &[(&str, &str)]) -> PathBuf {
        place("OWN", "XDG", ".cache", "/var/cache", |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn places_follow_the_variables_in_order() {
        assert_eq!(with(&[("OWN", "/o"), ("XDG", "/x"), ("HOME", "/h")]), Path::new("/o"));
        assert_eq!(with(&[("OWN", "relative"), ("XDG", "/x"), ("HOME", "/h")]), Path::new("/x/sage-oci"));
        assert_eq!(with(&[("XDG", ""), ("HOME", "/h")]), Path::new("/h/.cache/sage-oci"));
        assert_eq!(with(&[]), Path::new("/var/cache/sage-oci"));
    }

    #[test]
    fn free_space_is_found_for_paths_yet_to_be_made() {
        let dir = tempfile::tempdir().unwrap();
        assert!(free_space(dir.path().join("not/there")).unwrap() > 0);
        assert!(free_space("not/there/either").unwrap() > 0);
    }
}
