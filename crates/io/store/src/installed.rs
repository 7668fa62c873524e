use crate::{NixVersion, StoreError};
use std::path::{Path, PathBuf};

/// Nix's programs on this machine, whether or not this user can use a store with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// `nix-store`.
    pub program: PathBuf,
    /// Its version, as far as it matters to us.
    pub version: NixVersion,
    /// Its version in its own words, as `2.8.0`.
    pub words: String,
}

impl Installed {
    /// Finds `nix-store`, in a folder or else on `PATH` and where Nix's installers put it, and starts it once to ask its version.
    ///
    /// # Errors
    ///
    /// There is none, it cannot be run, or it does not answer as Nix does.
    pub fn find(programs: Option<&Path>) -> Result<Self, StoreError> {
        let program = find(programs).ok_or(StoreError::NotInstalled)?;
        // `nix-store` opens the store before it says anything, its version included, and fails where this user may not.
        // The version is not a matter of the store, so it is given one that is nowhere.
        let output = sage_oci_child::command(&program)
            .arg("--version")
            .env("NIX_REMOTE", "dummy://")
            .output()
            .map_err(|source| StoreError::Run { program: program.clone(), source })?;
        let text = String::from_utf8_lossy(&output.stdout);
        match (NixVersion::parse(&text), text.split_whitespace().last()) {
            (Some(version), Some(words)) => Ok(Self { words: words.to_owned(), program, version }),
            _ => Err(StoreError::NotNix {
                output: format!("{text}{}", String::from_utf8_lossy(&output.stderr)).trim().to_owned(),
                program,
            }),
        }
    }
}

/// `nix-store`, on `PATH` and in the usual places.
fn find(programs: Option<&Path>) -> Option<PathBuf> {
    if let Some(folder) = programs {
        return Some(folder.join("nix-store")).filter(|program| is_there(program));
    }
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".nix-profile/bin/nix-store"));
    which::which("nix-store")
        .ok()
        .into_iter()
        .chain([PathBuf::from("/nix/var/nix/profiles/default/bin/nix-store")])
        .chain(home)
        .find(|program| is_there(program))
}

/// A place where nobody may look is no place to find a program in.
fn is_there(program: &Path) -> bool {
    sage_oci_files::exists(program).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_fake_program::write_program;

    /// A folder with a `nix-store` that is this shell script.
    fn programs(script: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        write_program(folder.path().join("nix-store"), format!("#!/bin/sh\n{script}\n"));
        folder
    }

    #[test]
    fn a_store_that_may_not_be_opened_does_not_hide_the_version() {
        // As Nix 2.8 does for a user who may not open the store, whatever it is asked.
        let script = "case $NIX_REMOTE in dummy://) echo 'nix-store (Nix) 2.8.0' ;; \
                      *) echo 'error: could not set permissions' >&2; exit 1 ;; esac";
        let found = Installed::find(Some(programs(script).path())).unwrap();
        assert_eq!((found.words.as_str(), found.version.to_string().as_str()), ("2.8.0", "2.8"));
    }

    #[test]
    fn what_is_not_nix_is_shown() {
        let folder = programs("echo 'store of nuts'; echo 'no such option' >&2");
        let error = Installed::find(Some(folder.path())).unwrap_err();
        assert!(error.to_string().ends_with("but: store of nuts\nno such option"), "{error}");
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(Installed::find(Some(empty.path())), Err(StoreError::NotInstalled)));
    }
}
