use sage_oci_names::{ImageName, PackageName, SourceName};
use std::collections::BTreeSet;

/// A package to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: PackageName,
    /// The source package that it is built from.
    pub source: SourceName,
    /// `Installed-Size`, in KiB.
    pub installed_size: u64,
    /// Part of the foundation: Essential, of priority `required`, or needed by such a package.
    pub base: bool,
    /// The images that hold it; never empty.
    pub images: BTreeSet<ImageName>,
}
