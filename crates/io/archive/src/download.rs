use crate::suite::SignedSuite;
use crate::{ArchiveError, LockRequest, Progress, Step};
use sage_oci_fetch::Wanted;
use std::collections::BTreeMap;

/// Fetches archives, each from the mirrors of its own suite, which is given by its place.
pub(crate) fn fetch(
    request: &LockRequest<'_>,
    signed: &[SignedSuite],
    files: impl Iterator<Item = (usize, Wanted)>,
    progress: &dyn Progress,
) -> Result<(), ArchiveError> {
    let mut by_mirrors: BTreeMap<&[String], Vec<Wanted>> = BTreeMap::new();
    for (suite, file) in files {
        by_mirrors.entry(&signed[suite].pin.mirrors).or_default().push(file);
    }
    progress.step(Step::Fetch, by_mirrors.values().map(Vec::len).sum());
    for (mirrors, files) in by_mirrors {
        sage_oci_fetch::fetch_all(&files, mirrors, &request.fetch, progress.fetch())?;
    }
    Ok(())
}
