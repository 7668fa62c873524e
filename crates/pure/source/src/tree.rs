use crate::BlobId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Files by their paths below the tree's top folder, as `src/sage/rings/integer.pyx`; folders are where files are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceTree {
    /// The files, sorted by path.
    pub files: BTreeMap<String, SourceFile>,
}

/// One file of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its content; of a link, its target.
    pub id: BlobId,
    /// What it is.
    pub kind: FileKind,
}

/// What a file of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// One that may be executed.
    Executable,
    /// A symbolic link.
    Symlink,
}

impl SourceTree {
    /// The content of a file that is no link, by its path.
    pub fn id(&self, path: &str) -> Option<BlobId> {
        self.files.get(path).filter(|file| file.kind != FileKind::Symlink).map(|file| file.id)
    }

    /// The files below a folder, by their paths below it.
    pub fn below(&self, folder: &str) -> Self {
        let prefix = format!("{folder}/");
        let inside = self.files.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
        Self { files: inside.map(|(path, file)| (path[prefix.len()..].to_owned(), *file)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_a_folder() {
        let file = SourceFile { id: BlobId::of(b""), kind: FileKind::Regular };
        let tree =
            SourceTree { files: ["src.txt", "src/a", "src/b/c", "srd/a"].map(|path| (path.to_owned(), file)).into() };
        assert_eq!(tree.below("src").files.into_keys().collect::<Vec<_>>(), ["a", "b/c"]);
        assert!(tree.below("sr").files.is_empty());
        assert_eq!(tree.id("src/a"), Some(file.id));
        assert_eq!(tree.id("src"), None);
    }
}
