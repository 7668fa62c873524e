use crate::{Commit, Toolchain};
use sage_oci_definition::Resolved;
use sage_oci_names::Architecture;
use std::collections::BTreeMap;

/// What steps are made from, beside the lock and the image.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The architecture of the machine that builds.
    pub machine: Architecture,
    /// The text of apt's sources in the image.
    pub sources: &'a str,
    /// The contents of the definition's source files, by name.
    pub files: &'a BTreeMap<String, String>,
    /// The commit that the image is of, where it is not the packaged release.
    pub commit: Option<Change<'a>>,
}

/// A commit that changes an image.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The commit.
    pub commit: &'a Commit,
    /// What compiles it, where anything is compiled.
    pub toolchain: Option<&'a Toolchain>,
    /// The image whose packages compile, whether anything is compiled or not.
    pub compilers: &'a Resolved,
}
