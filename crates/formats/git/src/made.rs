//! Commits of trees that have none.

use crate::tree::trees;
use crate::{Commit, CommitObject, File, FileMode, Files, GitError, ObjectId};
use sage_oci_source::{BlobId, FileKind, SourceTree};

impl Commit {
    /// The commit of a tree, with the commit that it follows, if there is one. The tag is none of it.
    ///
    /// # Errors
    /// [`GitError::Commit`]: a text that no commit can have; [`GitError::Path`]: a path that git refuses to check out.
    pub fn object(&self, tree: &SourceTree, parent: Option<ObjectId>) -> Result<CommitObject, GitError> {
        let mode = |kind| match kind {
            FileKind::Regular => FileMode::Plain,
            FileKind::Executable => FileMode::Executable,
            FileKind::Symlink => FileMode::Link,
        };
        let mut files = Files::new();
        for (path, file) in &tree.files {
            // Trees do not tell sizes.
            files.insert(path.clone(), File { mode: mode(file.kind), id: same(file.id)?, size: 0 });
        }
        let root = trees(&files)?.last().map(|(id, _)| *id).ok_or(GitError::TooLarge)?;
        let mut text = self.text(root)?;
        if let Some(parent) = parent {
            let end = format!("tree {root}\n").len();
            text.splice(end..end, format!("parent {parent}\n").into_bytes());
        }
        CommitObject::parse(text)
    }
}

fn same(blob: BlobId) -> Result<ObjectId, GitError> {
    let refused = |_| GitError::CommitObject { why: format!("`{blob}` is no name of 40 hexadecimal digits") };
    blob.to_string().parse().map_err(refused)
}
