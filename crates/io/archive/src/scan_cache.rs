use crate::ArchiveError;
use crate::scan::{Scan, scan};
use data_encoding::BASE64;
use sage_oci_deb::IndexEntry;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Raised whenever a scan of the same archive would come out differently.
const VERSION: u32 = 1;

/// A scan as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    files: Vec<String>,
    /// Base64: a script need not be UTF-8.
    scripts: BTreeMap<String, String>,
    modules: BTreeMap<String, u64>,
}

/// Scans an archive, or remembers the scan of an archive with the same digest.
pub(crate) fn cached_scan(cache: &Path, archive: &Path, entry: &IndexEntry) -> Result<Scan, ArchiveError> {
    let place = cache.join("scans").join(format!("{}-{VERSION}.json", entry.sha256));
    if let Some(scan) = remembered(&place) {
        return Ok(scan);
    }
    let scan = scan(archive, entry)?;
    let kept = Kept {
        files: scan.files.clone(),
        scripts: scan.scripts.iter().map(|(name, bytes)| (name.clone(), BASE64.encode(bytes))).collect(),
        modules: scan.modules.clone(),
    };
    let text = serde_json::to_vec(&kept).expect("text keys and plain values are always JSON");
    sage_oci_files::write_atomic(&place, &text)?;
    Ok(scan)
}

/// A kept scan; one that cannot be read is as good as absent, since it can be made again.
fn remembered(place: &Path) -> Option<Scan> {
    let kept: Kept = serde_json::from_slice(&sage_oci_files::read(place).ok()?).ok()?;
    let scripts = kept
        .scripts
        .into_iter()
        .map(|(name, text)| Some((name, BASE64.decode(text.as_bytes()).ok()?)))
        .collect::<Option<_>>()?;
    Some(Scan { files: kept.files, scripts, modules: kept.modules })
}
