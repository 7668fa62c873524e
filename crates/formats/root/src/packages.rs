use crate::RootError;
use sage_oci_deb::Control;
use sage_oci_names::PackageName;
use std::collections::{BTreeMap, BTreeSet};

/// The archives of an image's packages, as far as generators read them.
pub trait Packages {
    /// Why an archive cannot be read.
    type Error: From<RootError>;

    /// The contents of regular files of a package, by their paths in the image (`usr/share/x`); those that the package does
    /// not have are left out.
    ///
    /// # Errors
    ///
    /// There is no archive of the package, or it cannot be read, or a file is too long to be taken into memory.
    fn files(
        &mut self,
        package: &PackageName,
        paths: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Vec<u8>>, Self::Error>;

    /// The control files of a package.
    ///
    /// # Errors
    ///
    /// There is no archive of the package, or it cannot be read.
    fn control(&mut self, package: &PackageName) -> Result<Control, Self::Error>;
}
