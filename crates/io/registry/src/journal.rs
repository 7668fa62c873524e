use crate::RegistryError;
use crate::location::{Place, resolve};
use crate::registry::Registry;
use crate::session::Session;
use data_encoding::HEXLOWER;
use sage_oci_files::FileLock;
use sage_oci_image::digest_of;
use sage_oci_names::BlobDigest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// The format that is written; a journal of a later one is an error.
const FORMAT: u64 = 1;
/// More begun uploads than any image has: older ones have long been forgotten by their registry.
const MOST: usize = 500;

/// The uploads to one repository that were begun and not ended, in a file that outlives the process.
///
/// Written after each piece, whole or not at all. What an upload needs to go on is its newest `Location`, which may let whoever
/// has it write there, so nobody else may read the file. One process at a time holds it.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    record: Record,
    _lock: FileLock,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    format: u64,
    repository: String,
    uploads: BTreeMap<BlobDigest, Entry>,
}

/// A begun upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    location: String,
    offset: u64,
}

#[derive(Deserialize)]
struct Format {
    format: u64,
}

impl Journal {
    /// Opens the journal of a repository below `folder`, waiting while another process has it; `waits` hears of that.
    ///
    /// One that is damaged is begun anew: the uploads in it are merely made again.
    ///
    /// # Errors
    /// A journal of a later format, a file that cannot be read or written.
    pub(crate) fn open(
        folder: &Path,
        repository: &str,
        waits: impl FnOnce(&str),
        stop: &AtomicBool,
    ) -> Result<Self, RegistryError> {
        sage_oci_files::create_dir_all(folder)?;
        let name = HEXLOWER.encode(&digest_of(repository.as_bytes()).sha256().as_bytes()[..16]);
        let lock = FileLock::acquire_unless(
            folder.join(format!("{name}.lock")),
            |holder| waits(&format!("for {holder}, which pushes to {repository}")),
            stop,
        );
        let lock = match lock {
            Err(_) if stop.load(std::sync::atomic::Ordering::Relaxed) => return Err(RegistryError::Stopped),
            lock => lock?,
        };
        let path = folder.join(format!("{name}.json"));
        let empty = || Record { format: FORMAT, repository: repository.to_owned(), uploads: BTreeMap::new() };
        let record = match sage_oci_files::read(&path) {
            Ok(bytes) => read(&bytes, &path)?.filter(|record| record.repository == repository).unwrap_or_else(empty),
            Err(error) if error.is_not_found() => empty(),
            Err(error) => return Err(error.into()),
        };
        Ok(Self { path, record, _lock: lock })
    }

    /// How far an upload was; none where none was begun, or where its address is none that we would send anything to.
    pub(crate) fn get(&self, registry: &Registry, digest: &BlobDigest) -> Option<Session> {
        let entry = self.record.uploads.get(digest)?;
        let place = resolve(registry.repository().registry(), &registry.api, &registry.api, &entry.location).ok()?;
        Some(Session { place, offset: entry.offset })
    }

    /// How many of these blobs have an upload that was begun.
    pub(crate) fn count<'a>(&self, digests: impl Iterator<Item = &'a BlobDigest>) -> usize {
        digests.filter(|digest| self.record.uploads.contains_key(*digest)).count()
    }

    /// Keeps how far an upload is.
    pub(crate) fn put(&mut self, digest: BlobDigest, session: &Session) -> Result<(), RegistryError> {
        let Place { url, .. } = &session.place;
        let entry = Entry { location: url.to_string(), offset: session.offset };
        if self.record.uploads.get(&digest) == Some(&entry) {
            return Ok(());
        }
        if self.record.uploads.len() >= MOST {
            self.record.uploads.clear();
        }
        self.record.uploads.insert(digest, entry);
        self.write()
    }

    /// Forgets an upload that is through, or can no longer be.
    pub(crate) fn remove(&mut self, digest: &BlobDigest) -> Result<(), RegistryError> {
        match self.record.uploads.remove(digest) {
            Some(_) => self.write(),
            None => Ok(()),
        }
    }

    fn write(&self) -> Result<(), RegistryError> {
        if self.record.uploads.is_empty() {
            return match sage_oci_files::remove_file(&self.path) {
                Err(error) if !error.is_not_found() => Err(error.into()),
                _ => Ok(()),
            };
        }
        let text = serde_json::to_vec(&self.record).expect("strings and numbers are JSON");
        sage_oci_files::write_private(&self.path, &text)?;
        Ok(())
    }
}

fn read(bytes: &[u8], path: &Path) -> Result<Option<Record>, RegistryError> {
    let Ok(Format { format: found }) = serde_json::from_slice(bytes) else { return Ok(None) };
    if found > FORMAT {
        return Err(RegistryError::NewerJournal { path: path.display().to_string(), found, known: FORMAT });
    }
    Ok(serde_json::from_slice(bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Access, Options, Repository};
    use sage_oci_hint::Hint as _;

    fn registry() -> Registry {
        let repository = Repository::parse("127.0.0.1:5000/a", false).unwrap();
        Registry::open(repository, Access::Push, &[], None, Options::default()).unwrap()
    }

    fn open(folder: &Path, repository: &str) -> Result<Journal, RegistryError> {
        Journal::open(folder, repository, |_| (), &AtomicBool::new(false))
    }

    fn session(registry: &Registry, offset: u64) -> Session {
        Session { place: registry.place(&format!("blobs/uploads/1?_state={offset}")), offset }
    }

    #[test]
    fn begun_uploads_outlive_the_process_and_nobody_else_reads_them() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, registry) = (tempfile::tempdir().unwrap(), registry());
        let (one, two) = (digest_of(b"1"), digest_of(b"2"));
        let mut journal = open(folder.path(), "r/a").unwrap();
        journal.put(one, &session(&registry, 0)).unwrap();
        journal.put(one, &session(&registry, 7)).unwrap();
        journal.put(two, &session(&registry, 0)).unwrap();
        let mode = sage_oci_files::metadata(&journal.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(journal);
        let mut journal = open(folder.path(), "r/a").unwrap();
        assert_eq!(journal.get(&registry, &one), Some(session(&registry, 7)));
        assert_eq!(journal.count([&one, &digest_of(b"3"), &two].into_iter()), 2);
        assert_eq!(open(folder.path(), "r/b").unwrap().get(&registry, &one), None);
        journal.remove(&one).unwrap();
        journal.remove(&two).unwrap();
        assert!(!sage_oci_files::exists(&journal.path).unwrap(), "there is nothing left to go on with");
    }

    #[test]
    fn a_journal_that_is_damaged_or_anothers_is_begun_anew_and_a_later_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = open(folder.path(), "r/a").unwrap().path;
        let with = |text: &str| {
            sage_oci_files::write_atomic(&path, text.as_bytes()).unwrap();
            open(folder.path(), "r/a")
        };
        for text in ["", "{", "[]", r#"{"format":1}"#, r#"{"format":1,"repository":"r/b","uploads":{}}"#] {
            assert!(with(text).unwrap().record.uploads.is_empty(), "{text}");
        }
        let error = with(r#"{"format":2,"anything":[]}"#).unwrap_err();
        assert_eq!(error.to_string(), format!("{} has format 2; this version knows 1", path.display()));
        assert!(error.hint().unwrap().contains("remove the file"));
        assert!(sage_oci_files::exists(&path).unwrap(), "it is not ours to remove");
    }

    #[test]
    fn an_address_elsewhere_is_not_believed() {
        let (folder, registry) = (tempfile::tempdir().unwrap(), registry());
        let path = open(folder.path(), "r/a").unwrap().path;
        let digest = digest_of(b"1");
        let text = format!(
            r#"{{"format":1,"repository":"r/a","uploads":{{"{digest}":{{"location":"http://evil.example/x","offset":1}}}}}}"#
        );
        sage_oci_files::write_atomic(&path, text.as_bytes()).unwrap();
        assert_eq!(open(folder.path(), "r/a").unwrap().get(&registry, &digest), None);
    }
}
