//! Which settings the user has made in Nix's configuration. Their values are Nix's business; that they exist decides our defaults.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Files may include each other; Nix's own do so once.
const DEEPEST_INCLUDE: usize = 4;

/// The names of the settings that are made somewhere.
pub(crate) fn settings_made() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in files() {
        read(&file, &mut names, 0);
    }
    if let Ok(text) = std::env::var("NIX_CONFIG") {
        scan(&text, Path::new("/"), &mut names, DEEPEST_INCLUDE);
    }
    names
}

/// The configuration files that Nix reads (Nix manual, "nix.conf").
fn files() -> Vec<PathBuf> {
    let folder = std::env::var_os("NIX_CONF_DIR").map_or_else(|| PathBuf::from("/etc/nix"), PathBuf::from);
    let mut files = vec![folder.join("nix.conf")];
    if let Some(named) = std::env::var_os("NIX_USER_CONF_FILES") {
        files.extend(std::env::split_paths(&named));
    } else {
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config"));
        let folder = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).or(home);
        files.extend(folder.map(|folder| folder.join("nix/nix.conf")));
    }
    files
}

/// A file that is absent or cannot be read makes no settings: Nix itself complains about it if it matters.
fn read(file: &Path, names: &mut BTreeSet<String>, depth: usize) {
    if let Ok(text) = sage_oci_files::read_to_string(file) {
        scan(&text, file.parent().unwrap_or(Path::new("/")), names, depth);
    }
}

fn scan(text: &str, folder: &Path, names: &mut BTreeSet<String>, depth: usize) {
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("include" | "!include"), Some(file)) if depth < DEEPEST_INCLUDE => {
                read(&folder.join(file), names, depth + 1);
            }
            (Some(name), Some("=")) => {
                names.insert(name.trim_start_matches("extra-").to_owned());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_settings() {
        let mut names = BTreeSet::new();
        let text =
            "# substituters = x\nmax-jobs = 4 # y\n\n extra-substituters = https://a\nbroken\ninclude /nonexistent\n";
        scan(text, Path::new("/"), &mut names, 0);
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["max-jobs", "substituters"]);
    }

    #[test]
    fn includes_are_followed_but_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("nix.conf");
        sage_oci_files::write_atomic(&file, b"!include nix.conf\ncores = 1\n!include other\n").unwrap();
        sage_oci_files::write_atomic(folder.path().join("other"), b"sandbox = true").unwrap();
        let mut names = BTreeSet::new();
        read(&file, &mut names, 0);
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["cores", "sandbox"]);
    }
}
