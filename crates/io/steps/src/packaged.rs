use crate::paths::merged_usr;
use crate::{Installed, StepError};
use sage_oci_deb::{Control, Deb, DebError, EntryKind};
use sage_oci_names::PackageName;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// The most bytes of one packaged file that a generator takes into memory.
const MOST: u64 = 64 << 20;

/// Contents of packaged files, taken from the archives of a generate step.
///
/// An archive is read once for all the files that are wanted of it: name them with [`Packaged::load`] first.
pub(crate) struct Packaged<'a> {
    archives: &'a BTreeMap<PackageName, String>,
    files: BTreeMap<String, Vec<u8>>,
}

impl<'a> Packaged<'a> {
    pub(crate) fn new(archives: &'a BTreeMap<PackageName, String>) -> Self {
        Self { archives, files: BTreeMap::new() }
    }

    /// Reads regular files of the image, given by their paths in it.
    pub(crate) fn load(&mut self, installed: &Installed, paths: &BTreeSet<String>) -> Result<(), StepError> {
        let mut wanted: BTreeMap<&PackageName, BTreeSet<&str>> = BTreeMap::new();
        for path in paths {
            match installed.get(path).and_then(|node| node.package.as_ref()) {
                Some(package) => wanted.entry(package).or_default().insert(path),
                None => {
                    let wanted_by = "a generated file".to_owned();
                    return Err(StepError::Absent { path: format!("/{path}"), wanted_by });
                }
            };
        }
        for (package, paths) in wanted {
            self.read_archive(package, &paths)?;
        }
        Ok(())
    }

    /// The content of a regular file as a package ships it, wherever the image has it.
    pub(crate) fn of(&mut self, package: &PackageName, path: &str) -> Result<&[u8], StepError> {
        self.read_archive(package, &BTreeSet::from([path]))?;
        self.get(path)
    }

    /// The content of a file that [`Packaged::load`] has read.
    pub(crate) fn get(&self, path: &str) -> Result<&[u8], StepError> {
        let absent = || StepError::Absent { path: format!("/{path}"), wanted_by: "a generated file".to_owned() };
        self.files.get(path).map(Vec::as_slice).ok_or_else(absent)
    }

    /// A text file that [`Packaged::load`] has read.
    pub(crate) fn text(&self, path: &str) -> Result<&str, StepError> {
        let malformed = |_| StepError::Malformed { what: format!("/{path}"), why: "it is not UTF-8".to_owned() };
        std::str::from_utf8(self.get(path)?).map_err(malformed)
    }

    /// The control files of a package.
    pub(crate) fn control(&self, package: &PackageName) -> Result<Control, StepError> {
        let archive = self.archive(package, "DEBIAN")?;
        let mut deb = Deb::open(sage_oci_files::open(archive)?).map_err(failed(archive))?;
        Ok(deb.take_control())
    }

    fn archive(&self, package: &PackageName, path: &str) -> Result<&'a str, StepError> {
        let missing = || StepError::MissingArchive { package: package.clone(), path: path.to_owned() };
        self.archives.get(package).map(String::as_str).ok_or_else(missing)
    }

    fn read_archive(&mut self, package: &PackageName, paths: &BTreeSet<&str>) -> Result<(), StepError> {
        let mut left: BTreeSet<&str> = paths.iter().copied().filter(|path| !self.files.contains_key(*path)).collect();
        let Some(first) = left.first() else { return Ok(()) };
        let archive = self.archive(package, first)?;
        let deb = Deb::open(sage_oci_files::open(archive)?).map_err(failed(archive))?;
        let limit = deb.control().unpacked_limit().map_err(failed(archive))?;
        let mut data = deb.data(limit).map_err(failed(archive))?;
        while let Some((entry, body)) = data.next_entry().map_err(failed(archive))? {
            let path = merged_usr(&entry.path);
            if !matches!(entry.kind, EntryKind::File { .. }) || !left.remove(path.as_ref()) {
                continue;
            }
            let mut bytes = Vec::new();
            body.take(MOST + 1).read_to_end(&mut bytes).map_err(|error| failed(archive)(DebError::from(error)))?;
            if bytes.len() as u64 > MOST {
                let why = format!("it is longer than {MOST} bytes");
                return Err(StepError::Malformed { what: format!("/{path}"), why });
            }
            self.files.insert(path.into_owned(), bytes);
            if left.is_empty() {
                break;
            }
        }
        match left.first() {
            None => Ok(()),
            Some(path) => {
                let wanted_by = format!("a generated file (from the archive of {package})");
                Err(StepError::Absent { path: format!("/{path}"), wanted_by })
            }
        }
    }
}

fn failed(archive: &str) -> impl Fn(DebError) -> StepError + use<> {
    let archive = archive.to_owned();
    move |source| StepError::Archive { archive: archive.clone(), source: Box::new(source) }
}
