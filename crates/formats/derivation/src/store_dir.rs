use crate::{DerivationError, compress_hash, nix32, sha256};
use sage_oci_names::{Sha256, StorePath};
use std::collections::BTreeSet;

/// The directory that store paths lie in; part of every store path's hash.
///
/// [`Default`] is `/nix/store`, the only one whose paths other machines and caches share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreDir(Box<str>);

impl Default for StoreDir {
    fn default() -> Self {
        Self("/nix/store".into())
    }
}

impl StoreDir {
    /// Takes an absolute path without a slash at its end and without empty, `.` or `..` components.
    pub fn parse(text: &str) -> Result<Self, DerivationError> {
        let parts = text.strip_prefix('/');
        match parts {
            Some(parts) if parts.split('/').all(|part| !matches!(part, "" | "." | "..")) => Ok(Self(text.into())),
            _ => Err(DerivationError::StoreDir { text: text.to_owned() }),
        }
    }

    /// The directory.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of a text object, as a `.drv` file is one: its bytes' digest and the paths it refers to.
    pub fn text_path(
        &self,
        name: &str,
        digest: &Sha256,
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, DerivationError> {
        self.path(&with_references("text", references), digest, name)
    }

    /// The path of an added file tree: the SHA-256 of its NAR and the paths it refers to.
    ///
    /// `nix-store --add`, `builtins.path` and a recursive fixed output all give this one.
    pub fn source_path(
        &self,
        name: &str,
        nar: &Sha256,
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, DerivationError> {
        self.path(&with_references("source", references), nar, name)
    }

    /// The path of a fixed output, whose content's digest is known beforehand.
    ///
    /// `recursive`: the digest is of the NAR; otherwise of a plain file's bytes.
    pub fn fixed_path(&self, name: &str, recursive: bool, digest: &Sha256) -> Result<StorePath, DerivationError> {
        if recursive {
            return self.source_path(name, digest, &BTreeSet::new());
        }
        let inner = sha256(format!("fixed:out:sha256:{digest}:"));
        self.path("output:out", &inner, name)
    }

    /// The path of output `output` of the input-addressed derivation `name`, whose masked hash is `modulo`.
    pub fn output_path(&self, name: &str, output: &str, modulo: &Sha256) -> Result<StorePath, DerivationError> {
        let name = if output == "out" { name.to_owned() } else { format!("{name}-{output}") };
        self.path(&format!("output:{output}"), modulo, &name)
    }

    /// The common end of all of them: fingerprint, SHA-256, fold, base-32.
    fn path(&self, kind: &str, digest: &Sha256, name: &str) -> Result<StorePath, DerivationError> {
        let fingerprint = sha256(format!("{kind}:sha256:{digest}:{}:{name}", self.0));
        let hash = nix32::encode(&compress_hash(&fingerprint));
        Ok(StorePath::parse(&format!("{}/{hash}-{name}", self.0))?)
    }
}

impl std::fmt::Display for StoreDir {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

fn with_references(kind: &str, references: &BTreeSet<StorePath>) -> String {
    let mut text = kind.to_owned();
    for reference in references {
        text.push(':');
        text.push_str(reference.as_str());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_dirs() {
        for good in ["/nix/store", "/s"] {
            assert_eq!(StoreDir::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "/", "nix/store", "/nix/store/", "/nix//store", "/nix/../store"] {
            assert!(StoreDir::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_that_nix_refuses_is_an_error() {
        let digest = sha256("x");
        assert!(StoreDir::default().fixed_path("a b", true, &digest).is_err());
        assert!(StoreDir::default().fixed_path("", false, &digest).is_err());
    }
}
