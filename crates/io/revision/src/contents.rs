use crate::RevisionError;
use crate::batch::Batch;
use crate::kept::Kept;
use sage_oci_files::FileError;
use sage_oci_source::BlobId;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// Where contents come from.
#[derive(Debug)]
pub(crate) enum Contents {
    /// A repository's objects.
    Git(Batch),
    /// What was unpacked into the cache.
    Kept(Kept),
    /// Files of a folder.
    Folder(BTreeMap<BlobId, PathBuf>),
}

impl Contents {
    /// Contents in the order of their names, each held to its name.
    pub(crate) fn read(&mut self, ids: &[BlobId]) -> Result<Vec<Vec<u8>>, RevisionError> {
        match self {
            // Git itself holds an object to its name.
            Self::Git(batch) => batch.blobs(ids),
            Self::Kept(kept) => ids.iter().map(|id| kept.read(*id)).collect(),
            Self::Folder(files) => ids.iter().map(|id| read_file(files, *id)).collect(),
        }
    }
}

fn read_file(files: &BTreeMap<BlobId, PathBuf>, id: BlobId) -> Result<Vec<u8>, RevisionError> {
    let path = files.get(&id).ok_or_else(|| RevisionError::NoContent { id, place: "the folder".to_owned() })?;
    let content = at(path)?;
    match BlobId::of(&content) == id {
        true => Ok(content),
        false => Err(RevisionError::Changed { id, place: format!("`{}`", path.display()) }),
    }
}

/// A file's content, or a link's target.
pub(crate) fn at(path: &std::path::Path) -> Result<Vec<u8>, FileError> {
    match sage_oci_files::metadata(path)?.is_symlink() {
        true => Ok(sage_oci_files::read_link(path)?.into_os_string().into_vec()),
        false => sage_oci_files::read(path),
    }
}
