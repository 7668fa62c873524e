use crate::{Installed, Packages, RootError};
use sage_oci_deb::Control;
use sage_oci_names::PackageName;
use std::collections::{BTreeMap, BTreeSet};

/// Contents of packaged files.
///
/// An archive is read once for all the files that are wanted of it: name them with [`Packaged::load`] first.
pub(crate) struct Packaged<P> {
    packages: P,
    files: BTreeMap<String, Vec<u8>>,
}

impl<P: Packages> Packaged<P> {
    pub(crate) fn new(packages: P) -> Self {
        Self { packages, files: BTreeMap::new() }
    }

    /// Reads regular files of the image, given by their paths in it.
    pub(crate) fn load(&mut self, installed: &Installed, paths: &BTreeSet<String>) -> Result<(), P::Error> {
        let mut wanted: BTreeMap<&PackageName, BTreeSet<&str>> = BTreeMap::new();
        for path in paths {
            match installed.get(path).and_then(|node| node.package.as_ref()) {
                Some(package) => wanted.entry(package).or_default().insert(path),
                None => {
                    let wanted_by = "a generated file".to_owned();
                    return Err(RootError::Absent { path: format!("/{path}"), wanted_by }.into());
                }
            };
        }
        for (package, paths) in wanted {
            self.read(package, &paths)?;
        }
        Ok(())
    }

    /// The content of a regular file as a package ships it, wherever the image has it.
    pub(crate) fn of(&mut self, package: &PackageName, path: &str) -> Result<&[u8], P::Error> {
        self.read(package, &BTreeSet::from([path]))?;
        Ok(self.get(path)?)
    }

    /// The content of a file that [`Packaged::load`] has read.
    pub(crate) fn get(&self, path: &str) -> Result<&[u8], RootError> {
        let absent = || RootError::Absent { path: format!("/{path}"), wanted_by: "a generated file".to_owned() };
        self.files.get(path).map(Vec::as_slice).ok_or_else(absent)
    }

    /// A text file that [`Packaged::load`] has read.
    pub(crate) fn text(&self, path: &str) -> Result<&str, RootError> {
        let malformed = |_| RootError::Malformed { what: format!("/{path}"), why: "it is not UTF-8".to_owned() };
        std::str::from_utf8(self.get(path)?).map_err(malformed)
    }

    /// The control files of a package.
    pub(crate) fn control(&mut self, package: &PackageName) -> Result<Control, P::Error> {
        self.packages.control(package)
    }

    fn read(&mut self, package: &PackageName, paths: &BTreeSet<&str>) -> Result<(), P::Error> {
        let left: BTreeSet<&str> = paths.iter().copied().filter(|path| !self.files.contains_key(*path)).collect();
        if left.is_empty() {
            return Ok(());
        }
        let found = self.packages.files(package, &left)?;
        if let Some(path) = left.into_iter().find(|path| !found.contains_key(*path)) {
            let wanted_by = format!("a generated file (from the archive of {package})");
            return Err(RootError::Absent { path: format!("/{path}"), wanted_by }.into());
        }
        self.files.extend(found);
        Ok(())
    }
}
