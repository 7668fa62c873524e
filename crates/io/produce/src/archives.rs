use crate::{Observer, ProduceError};
use sage_oci_fetch::{Options, Progress, Summary, Wanted, fetch_all};
use sage_oci_names::{Sha256, StorePath};
use sage_oci_recipe::Fetch;
use sage_oci_store::{FixedDirectory, Nix, StoreError};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How archives are downloaded, and where they are kept.
#[derive(Debug, Clone)]
pub struct Downloads {
    /// The folder that keeps them, by digest.
    pub folder: PathBuf,
    /// How they are downloaded.
    pub options: Options,
}

impl Downloads {
    /// Where an archive is kept, or will be.
    pub fn archive(&self, sha256: &Sha256) -> PathBuf {
        self.folder.join(format!("{}.deb", sha256.hex()))
    }
}

impl From<Options> for Downloads {
    /// In the folder that keeps the archives of all channels; `lock` uses the same.
    fn from(options: Options) -> Self {
        Self { folder: sage_oci_files::cache_dir().join("debs"), options }
    }
}

/// Brings the archives of some fetches and adds them to the store under the paths that the derivations promise.
///
/// One download for all, with one progress: a fetch a derivation costs Nix more than the download itself.
pub(crate) fn bring(
    nix: &Nix,
    fetches: &[(&Fetch, &StorePath)],
    downloads: &Downloads,
    observer: &mut dyn Observer,
) -> Result<(), ProduceError> {
    if fetches.is_empty() {
        return Ok(());
    }
    let summary = download(fetches.iter().map(|(fetch, _)| *fetch), downloads, observer.fetching())?;
    observer.adding(summary, fetches.len());
    let directories: Vec<FixedDirectory> =
        fetches.iter().map(|(fetch, out)| directory(downloads, fetch, out)).collect();
    // The downloads were held to their digests already.
    nix.add_fixed(&directories).map_err(|error| match error {
        StoreError::WrongContent { expected, actual } => ProduceError::Folder { promised: expected, actual },
        other => other.into(),
    })
}

/// Brings the archives of some fetches into the folder of downloads; those that are there are held to their digests.
///
/// # Errors
/// No mirror gives one of them, or it is another one.
pub fn download<'f>(
    fetches: impl Iterator<Item = &'f Fetch>,
    downloads: &Downloads,
    progress: &dyn Progress,
) -> Result<Summary, ProduceError> {
    // Packages of one suite share their mirrors; source trees have their own.
    let mut by_mirrors: BTreeMap<&[String], Vec<Wanted>> = BTreeMap::new();
    for (mirrors, files) in fetches.flat_map(|fetch| fetch.step.by_mirrors()) {
        let files = files.into_iter().map(|file| Wanted {
            path: file.path.clone(),
            sha256: file.sha256,
            size: file.size,
            target: downloads.archive(&file.sha256),
        });
        by_mirrors.entry(mirrors).or_default().extend(files);
    }
    let mut summary = Summary::default();
    for (mirrors, mut wanted) in by_mirrors {
        wanted.sort_by(|a, b| a.target.cmp(&b.target));
        wanted.dedup_by(|a, b| a.target == b.target);
        let part = fetch_all(&wanted, mirrors, &downloads.options, progress)?;
        summary += part;
    }
    Ok(summary)
}

fn directory(downloads: &Downloads, fetch: &Fetch, out: &StorePath) -> FixedDirectory {
    let files = fetch.step.files.iter().map(|file| (file.name.clone(), downloads.archive(&file.sha256)));
    FixedDirectory { path: out.clone(), files: files.collect() }
}
