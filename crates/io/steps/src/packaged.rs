use crate::StepError;
use sage_oci_deb::{Control, Deb, DebError};
use sage_oci_names::PackageName;
use sage_oci_root::{Packages, RootError, merged_usr};
use sage_oci_tree::EntryKind;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// The most bytes of one packaged file that a generator takes into memory.
const MOST: u64 = 64 << 20;

/// The archives of a generate step.
pub(crate) struct Archives<'a> {
    archives: &'a BTreeMap<PackageName, String>,
}

impl<'a> Archives<'a> {
    pub(crate) fn new(archives: &'a BTreeMap<PackageName, String>) -> Self {
        Self { archives }
    }

    fn archive(&self, package: &PackageName, path: &str) -> Result<&'a str, StepError> {
        let missing = || StepError::MissingArchive { package: package.clone(), path: path.to_owned() };
        self.archives.get(package).map(String::as_str).ok_or_else(missing)
    }
}

impl Packages for Archives<'_> {
    type Error = StepError;

    fn files(&mut self, package: &PackageName, paths: &BTreeSet<&str>) -> Result<BTreeMap<String, Vec<u8>>, StepError> {
        let mut left = paths.clone();
        let mut files = BTreeMap::new();
        let Some(first) = left.first() else { return Ok(files) };
        let archive = self.archive(package, first)?;
        let deb = Deb::open(sage_oci_files::open(archive)?).map_err(failed(archive))?;
        let limit = deb.control().unpacked_limit().map_err(failed(archive))?;
        let mut data = deb.data(limit).map_err(failed(archive))?;
        while let Some((entry, body)) = data.next_entry().map_err(failed(archive))? {
            let path = merged_usr(&entry.path);
            if !matches!(entry.kind, EntryKind::File { .. }) || !left.remove(path.as_str()) {
                continue;
            }
            let mut bytes = Vec::new();
            body.take(MOST + 1).read_to_end(&mut bytes).map_err(|error| failed(archive)(DebError::from(error)))?;
            if bytes.len() as u64 > MOST {
                let why = format!("it is longer than {MOST} bytes");
                return Err(RootError::Malformed { what: path.absolute(), why }.into());
            }
            files.insert(path.into_owned().into(), bytes);
            if left.is_empty() {
                break;
            }
        }
        Ok(files)
    }

    fn control(&mut self, package: &PackageName) -> Result<Control, StepError> {
        let archive = self.archive(package, "DEBIAN")?;
        let mut deb = Deb::open(sage_oci_files::open(archive)?).map_err(failed(archive))?;
        Ok(deb.take_control())
    }
}

fn failed(archive: &str) -> impl Fn(DebError) -> StepError + use<> {
    let archive = archive.to_owned();
    move |source| StepError::Archive { archive: archive.clone(), source: Box::new(source) }
}
