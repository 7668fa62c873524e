use crate::ArchiveError;
use sage_oci_deb::{Deb, DebError, IndexEntry};
use sage_oci_tree::EntryKind;
use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;

/// The members of a control archive that a census has to account for.
const SCRIPTS: [&str; 6] = ["preinst", "postinst", "prerm", "postrm", "config", "triggers"];

/// What a lock needs to know of an archive's inside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Paths of everything but directories, sorted.
    pub(crate) files: Vec<String>,
    /// Maintainer scripts and triggers.
    pub(crate) scripts: BTreeMap<String, Vec<u8>>,
    /// Python modules and their sizes in bytes.
    pub(crate) modules: BTreeMap<String, u64>,
}

/// Reads an archive from front to back; its digest has been checked.
pub(crate) fn scan(archive: &Path, entry: &IndexEntry) -> Result<Scan, ArchiveError> {
    let file = BufReader::with_capacity(1 << 18, sage_oci_files::open(archive)?);
    let fail =
        |source: DebError| ArchiveError::Deb { package: entry.name.clone(), version: entry.version.clone(), source };
    let mut deb = Deb::open(file).map_err(fail)?;
    let mut control = deb.take_control();
    let stanza = control.stanza().map_err(fail)?;
    let field = |name| stanza.get(name).unwrap_or_default().to_owned();
    let found = [field("Package"), field("Version"), field("Architecture")];
    if found != [entry.name.as_str(), entry.version.as_str(), &entry.architecture] {
        let (package, version) = (entry.name.clone(), entry.version.clone());
        return Err(ArchiveError::Impostor { package, version, found: found.join(" ") });
    }
    let mut scan = Scan::default();
    for name in SCRIPTS {
        if let Some(file) = control.files.remove(name) {
            scan.scripts.insert(name.to_owned(), file.bytes);
        }
    }
    let limit = control.unpacked_limit().map_err(fail)?;
    let mut data = deb.data(limit).map_err(fail)?;
    while let Some((file, _)) = data.next_entry().map_err(fail)? {
        match file.kind {
            EntryKind::Directory => continue,
            EntryKind::File { size } if file.path.as_str().ends_with(".py") => {
                scan.modules.insert(file.path.to_string(), size);
            }
            _ => {}
        }
        scan.files.push(file.path.into());
    }
    scan.files.sort();
    Ok(scan)
}
