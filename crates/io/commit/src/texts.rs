use crate::CommitError;
use crate::release::Release;
use sage_oci_rebuild::{Commit, Shape, Texts, is_scanned};
use sage_oci_revision::Revision;
use sage_oci_source::{BlobId, SourceTree};
use std::collections::BTreeSet;

/// Reads contents wherever they are: in the commit, in the release, in the package, or nowhere but here.
pub(crate) struct Reader<'a> {
    pub(crate) revision: &'a mut Revision,
    /// The contents that the revision has.
    pub(crate) theirs: BTreeSet<BlobId>,
    pub(crate) release: &'a mut Release,
    pub(crate) commit: &'a Commit,
}

impl Reader<'_> {
    /// Many contents, in the order of their names.
    pub(crate) fn read_all(&mut self, ids: &BTreeSet<BlobId>) -> Result<Vec<(BlobId, Vec<u8>)>, CommitError> {
        let (of_commit, rest): (Vec<BlobId>, Vec<BlobId>) = ids.iter().partition(|id| self.theirs.contains(*id));
        let mut all: Vec<(BlobId, Vec<u8>)> =
            of_commit.iter().copied().zip(self.revision.read_all(&of_commit)?).collect();
        for id in rest {
            let content = match self.commit.texts.get(&id) {
                Some(text) => text.clone(),
                None => self.release.read(id)?,
            };
            all.push((id, content));
        }
        Ok(all)
    }

    /// The texts that the scanner looks at: the commit's, and those that the package has generated.
    pub(crate) fn scanned(&mut self, shape: &Shape) -> Result<Texts, CommitError> {
        let prefix = format!("{}/", shape.folder);
        let of = |tree: &SourceTree| -> Vec<BlobId> {
            let files = tree.files.keys().filter(|path| path.starts_with(&prefix) && is_scanned(path));
            files.filter_map(|path| tree.id(path)).collect()
        };
        let mut ids: BTreeSet<BlobId> = of(&self.commit.tree).into_iter().collect();
        let packaged = &self.release.packaged;
        let generated =
            packaged.changed.files.iter().filter(|(path, _)| packaged.is_generated(path) && is_scanned(path));
        ids.extend(generated.map(|(_, file)| file.id));
        let mut texts = Texts::default();
        for (id, text) in self.read_all(&ids)? {
            texts.add(id, text);
        }
        Ok(texts)
    }
}
