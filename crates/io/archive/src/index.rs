use crate::suite::SignedSuite;
use crate::{ArchiveError, LockRequest};
use liblzma::read::XzDecoder;
use sage_oci_deb::{IndexEntry, read_packages};
use sage_oci_fetch::Wanted;
use sage_oci_lock::IndexPin;
use sage_oci_names::{Architecture, PackageName};
use std::collections::BTreeSet;
use std::io::BufReader;

/// A package of an index, and the place of its suite among those of the request.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) entry: IndexEntry,
    pub(crate) suite: usize,
}

/// Fetches the package indexes of the suite at a place for an architecture by their digests in the release file and reads
/// the entries that `seen` lacks.
///
/// The pins are added to the suite's.
pub(crate) fn read_indexes(
    request: &LockRequest<'_>,
    place: usize,
    architecture: Architecture,
    suite: &mut SignedSuite,
    seen: &mut BTreeSet<(PackageName, String, String)>,
) -> Result<Vec<Listed>, ArchiveError> {
    let wanted = &request.suites[place];
    let folder = request.cache.join("indexes");
    sage_oci_files::create_dir_all(&folder)?;
    let mut entries = Vec::new();
    for component in &wanted.components {
        let path = format!("{component}/binary-{architecture}/Packages.xz");
        let Some(file) = suite.release.files.get(&path).copied() else {
            let known = format!(
                "the components {} for {}",
                suite.release.components.join(", "),
                suite.release.architectures.join(", ")
            );
            return Err(ArchiveError::MissingIndex { suite: wanted.suite.clone(), path, known });
        };
        // By digest where the suite allows it: a mirror in the middle of an update still has the file then.
        let below = match suite.release.by_hash_path(&path) {
            Some(hashed) if suite.release.acquire_by_hash => hashed,
            _ => path.clone(),
        };
        let target = folder.join(file.sha256.hex());
        let one = Wanted {
            path: format!("dists/{}/{below}", wanted.suite),
            sha256: file.sha256,
            size: file.size,
            target: target.clone(),
        };
        sage_oci_fetch::fetch_all(&[one], &wanted.mirrors, &request.fetch, &sage_oci_fetch::NoProgress)?;
        let reader = BufReader::new(XzDecoder::new(BufReader::new(sage_oci_files::open(&target)?)));
        for entry in read_packages(reader) {
            let entry = entry.map_err(|source| ArchiveError::Index { path: path.clone(), source })?;
            if seen.insert((entry.name.clone(), entry.version.to_string(), entry.architecture.clone())) {
                entries.push(Listed { entry, suite: place });
            }
        }
        suite.pin.indexes.push(IndexPin { path, sha256: file.sha256 });
    }
    Ok(entries)
}
