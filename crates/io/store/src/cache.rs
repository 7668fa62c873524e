use crate::{Nix, StoreError};
use sage_oci_files::FileError;
use sage_oci_names::StorePath;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is in a folder that is a binary cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheReport {
    /// How many store paths it has.
    pub paths: usize,
    /// Their bytes, as they lie there.
    pub bytes: u64,
    /// How many were removed for want of room.
    pub removed: usize,
}

/// A store path in a cache: what is said of it, and where its content is.
struct Entry {
    info: PathBuf,
    content: PathBuf,
    bytes: u64,
    hash: String,
    age: std::time::SystemTime,
}

impl Nix {
    /// Puts store paths with all that they refer to into a binary cache in a folder, and removes others from it until it holds no
    /// more than `limit` bytes: the oldest first, of what these paths need nothing.
    ///
    /// An image's references are its layers, so the next run on another machine finds it whole, and fetches and builds nothing.
    /// Nothing is compressed: layers are already. A content is never removed before what names it.
    ///
    /// # Errors
    /// Nix fails, or the folder cannot be written.
    pub fn fill_cache(&self, paths: &[StorePath], folder: &Path, limit: u64) -> Result<CacheReport, StoreError> {
        sage_oci_files::create_dir_all(folder)?;
        let folder = sage_oci_files::real_path(folder)?;
        if !paths.is_empty() {
            let mut command = self.command("nix");
            command.args(["--extra-experimental-features", "nix-command", "copy", "--to"]);
            command
                .arg(format!("file://{}?compression=none", folder.display()))
                .args(paths.iter().map(StorePath::as_str));
            self.capture_plain("filling the cache", command)?;
        }
        let needed: BTreeSet<String> = match paths.is_empty() {
            true => BTreeSet::new(),
            false => {
                let mut command = self.command("nix-store");
                command.args(["--query", "--requisites"]).args(paths.iter().map(StorePath::as_str));
                self.capture_plain("listing what the images need", command)?.iter().map(|path| hash(path)).collect()
            }
        };
        trim(&folder, limit, &needed)
    }
}

/// The part of a store path by which a cache names it.
fn hash(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split('-').next().unwrap_or_default().to_owned()
}

/// Removes what is not needed, the oldest first, until the rest is below the limit.
fn trim(folder: &Path, limit: u64, needed: &BTreeSet<String>) -> Result<CacheReport, StoreError> {
    let mut all = entries(folder)?;
    let mut bytes: u64 = all.iter().map(|entry| entry.bytes).sum();
    let mut removed = 0;
    // What is needed now goes last, and the largest of it first: a cache of nothing but small ones still helps.
    all.sort_by_key(|entry| {
        let is_needed = needed.contains(&entry.hash);
        (is_needed, if is_needed { None } else { Some(entry.age) }, std::cmp::Reverse(entry.bytes))
    });
    let mut left = all.into_iter();
    while bytes > limit {
        let Some(entry) = left.next() else { break };
        // First what names it, or a run that is cut here would leave a promise that cannot be kept.
        sage_oci_files::remove_file(&entry.info)?;
        match sage_oci_files::remove_file(&entry.content) {
            Err(error) if !error.is_not_found() => return Err(error.into()),
            _ => {}
        }
        bytes -= entry.bytes;
        removed += 1;
    }
    Ok(CacheReport { paths: left.count(), bytes, removed })
}

/// What the cache says that it has. Contents that nothing names, of a run that was cut, are removed.
fn entries(folder: &Path) -> Result<Vec<Entry>, StoreError> {
    let (mut all, mut named) = (Vec::new(), BTreeSet::new());
    for info in sage_oci_files::list(folder)? {
        if info.extension().is_none_or(|extension| extension != "narinfo") {
            continue;
        }
        let text = sage_oci_files::read_to_string(&info)?;
        let content = text.lines().find_map(|line| line.strip_prefix("URL: ")).map(|name| folder.join(name.trim()));
        let metadata = content.as_ref().and_then(|content| sage_oci_files::metadata(content).ok());
        let (Some(content), Some(metadata)) = (content, metadata) else {
            // A promise without a content.
            sage_oci_files::remove_file(&info)?;
            continue;
        };
        let age = sage_oci_files::metadata(&info)?.modified().map_err(FileError::at("look at", &info))?;
        let hash = info.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        named.insert(content.clone());
        all.push(Entry { info, content, bytes: metadata.len(), hash, age });
    }
    let contents = folder.join("nar");
    if sage_oci_files::exists(&contents)? {
        for content in sage_oci_files::list(contents)?.into_iter().filter(|content| !named.contains(content)) {
            sage_oci_files::remove_file(content)?;
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(all: &[(&str, usize)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        sage_oci_files::create_dir_all(folder.path().join("nar")).unwrap();
        for (name, bytes) in all {
            let nar = format!("nar/{name}.nar");
            sage_oci_files::write_new(folder.path().join(&nar), &vec![0; *bytes]).unwrap();
            let text = format!("StorePath: /nix/store/{name}-x\nURL: {nar}\n");
            sage_oci_files::write_new(folder.path().join(format!("{name}.narinfo")), text.as_bytes()).unwrap();
        }
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let name = |path: PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        let mut all: Vec<_> = sage_oci_files::list(folder).unwrap().into_iter().map(name).collect();
        all.extend(sage_oci_files::list(folder.join("nar")).unwrap().into_iter().map(name));
        all.retain(|name| name.contains('.'));
        all
    }

    #[test]
    fn what_is_needed_stays_and_the_rest_goes_until_there_is_room() {
        let folder = cache(&[("a", 10), ("b", 10), ("c", 10)]);
        let needed = BTreeSet::from(["b".to_owned()]);
        let report = trim(folder.path(), 15, &needed).unwrap();
        assert_eq!(report, CacheReport { paths: 1, bytes: 10, removed: 2 });
        assert_eq!(names(folder.path()), ["b.narinfo", "b.nar"]);
        let report = trim(folder.path(), 5, &needed).unwrap();
        assert_eq!(report, CacheReport { paths: 0, bytes: 0, removed: 1 });
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn what_a_cut_run_has_left_goes() {
        let folder = cache(&[("a", 10), ("b", 10)]);
        sage_oci_files::remove_file(folder.path().join("nar/a.nar")).unwrap();
        sage_oci_files::remove_file(folder.path().join("b.narinfo")).unwrap();
        let report = trim(folder.path(), 100, &BTreeSet::new()).unwrap();
        assert_eq!(report, CacheReport { paths: 0, bytes: 0, removed: 0 });
        assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
    }

    #[test]
    fn a_cache_names_a_path_by_its_hash() {
        assert_eq!(hash("/nix/store/0c0-image-1.0"), "0c0");
    }
}
