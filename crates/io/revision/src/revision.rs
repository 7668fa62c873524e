use crate::RevisionError;
use crate::contents::Contents;
use sage_oci_source::{BlobId, SourceTree};
use sage_oci_wanted::Identity;
use std::collections::BTreeMap;

/// A tree of files, what is known of it, and its contents.
#[derive(Debug)]
pub struct Revision {
    /// The files.
    pub tree: SourceTree,
    /// What is known of it.
    pub identity: Identity,
    /// Submodules outside of the source folder, which are no part of the tree.
    pub left_out: Vec<String>,
    pub(crate) changed: BTreeMap<BlobId, Vec<u8>>,
    pub(crate) contents: Contents,
}

impl Revision {
    /// The content of a file by its name; of a link, its target.
    ///
    /// # Errors
    /// [`RevisionError::NoContent`]: the tree has none of this name, or it is a compiled one of a package, which is not kept;
    /// [`RevisionError::Changed`]: it is not what its name says.
    pub fn read(&mut self, id: BlobId) -> Result<Vec<u8>, RevisionError> {
        match self.changed.get(&id) {
            Some(content) => Ok(content.clone()),
            None => Ok(self.contents.read(&[id])?.remove(0)),
        }
    }

    /// Many contents, in the order of their names: of a repository much faster than one by one.
    ///
    /// # Errors
    /// As [`Revision::read`].
    pub fn read_all(&mut self, ids: &[BlobId]) -> Result<Vec<Vec<u8>>, RevisionError> {
        let rest: Vec<BlobId> = ids.iter().filter(|id| !self.changed.contains_key(*id)).copied().collect();
        let mut read = self.contents.read(&rest)?.into_iter();
        let content = |id: &BlobId| match self.changed.get(id) {
            Some(content) => Some(content.clone()),
            None => read.next(),
        };
        Ok(ids.iter().filter_map(content).collect())
    }

    /// The content of a file by its path; none where there is no file, or a link.
    ///
    /// # Errors
    /// As [`Revision::read`].
    pub fn file(&mut self, path: &str) -> Result<Option<Vec<u8>>, RevisionError> {
        self.tree.id(path).map(|id| self.read(id)).transpose()
    }
}
