use crate::layers::archive_path;
use crate::{ArchiveError, LockRequest, Progress, SourceRequest};
use sage_oci_derivation::{DerivationError, nar_hash_of_directory};
use sage_oci_fetch::Wanted;
use sage_oci_lock::{FetchGroup, LockedSource};
use std::collections::BTreeMap;

/// Fetches the archives of an image's source trees and hashes the folder that each one's fetch will make.
pub(crate) fn locked_sources(
    request: &LockRequest<'_>,
    sources: &[SourceRequest],
    progress: &dyn Progress,
) -> Result<BTreeMap<String, LockedSource>, ArchiveError> {
    let mut locked = BTreeMap::new();
    for source in sources {
        let SourceRequest { name, roots, file_name, sha256, size } = source;
        let target = archive_path(&request.cache, sha256);
        let wanted = Wanted { path: file_name.clone(), sha256: *sha256, size: *size, target: target.clone() };
        sage_oci_fetch::fetch_all(&[wanted], roots, &request.fetch, progress.fetch())?;
        let failed = |source| ArchiveError::HashSource { name: name.clone(), source };
        let file = sage_oci_files::open(&target).map_err(|error| DerivationError::NarRead {
            entry: file_name.clone(),
            source: std::io::Error::new(error.kind(), error),
        });
        let hash = nar_hash_of_directory([file.map(|file| (file_name.clone(), *size, file))]).map_err(failed)?;
        let fetch = FetchGroup { nar_sha256: hash.sha256, size: *size };
        locked.insert(name.clone(), LockedSource { sha256: *sha256, fetch });
    }
    Ok(locked)
}
