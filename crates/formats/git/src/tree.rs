use crate::{GitError, ObjectId, ObjectKind};
use std::collections::BTreeMap;

/// What git remembers of a file beside its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileMode {
    /// A regular file.
    Plain,
    /// One that may be executed.
    Executable,
    /// A symbolic link; its content is the target.
    Link,
    /// A commit of another repository (git's "gitlink"): an empty folder until `git submodule update`.
    Submodule,
}

impl FileMode {
    /// As trees and the index have it.
    pub(crate) fn bits(self) -> u32 {
        match self {
            Self::Plain => 0o100_644,
            Self::Executable => 0o100_755,
            Self::Link => 0o120_000,
            Self::Submodule => 0o160_000,
        }
    }
}

/// A file of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// Its mode.
    pub mode: FileMode,
    /// Its content's name; of a submodule, its commit's.
    pub id: ObjectId,
    /// Its length in bytes; a submodule has none.
    pub size: u64,
}

/// The files of a tree by path, without a leading slash.
pub type Files = BTreeMap<String, File>;

/// The tree objects of `files`, contained ones first; the last one is the root.
///
/// # Errors
/// [`GitError::Path`]: a path that git refuses to check out.
pub(crate) fn trees(files: &Files) -> Result<Vec<(ObjectId, Vec<u8>)>, GitError> {
    let mut root = Folder::default();
    for (path, file) in files {
        root.insert(path, path, *file)?;
    }
    let mut objects = Vec::new();
    root.write(&mut objects);
    Ok(objects)
}

#[derive(Default)]
struct Folder {
    files: BTreeMap<String, File>,
    folders: BTreeMap<String, Folder>,
}

impl Folder {
    fn insert(&mut self, path: &str, rest: &str, file: File) -> Result<(), GitError> {
        let fail = |why| GitError::Path { path: path.to_owned(), why };
        let (name, below) = match rest.split_once('/') {
            Some((name, below)) => (name, Some(below)),
            None => (rest, None),
        };
        if ["", ".", ".."].contains(&name) || name.contains('\0') || name.eq_ignore_ascii_case(".git") {
            return Err(fail("a component is empty, `.`, `..` or `.git`"));
        }
        match below {
            Some(_) if self.files.contains_key(name) => Err(fail("a file lies above it")),
            None if self.folders.contains_key(name) => Err(fail("it is a folder too")),
            Some(below) => self.folders.entry(name.to_owned()).or_default().insert(path, below, file),
            None => {
                self.files.insert(name.to_owned(), file);
                Ok(())
            }
        }
    }

    fn write(&self, objects: &mut Vec<(ObjectId, Vec<u8>)>) -> ObjectId {
        // Git sorts folders as if their names ended with a slash.
        let mut entries: BTreeMap<String, (u32, &str, ObjectId)> = BTreeMap::new();
        for (name, folder) in &self.folders {
            entries.insert(format!("{name}/"), (0o40_000, name, folder.write(objects)));
        }
        for (name, file) in &self.files {
            entries.insert(name.clone(), (file.mode.bits(), name, file.id));
        }
        let mut content = Vec::new();
        for (mode, name, id) in entries.values() {
            content.extend_from_slice(format!("{mode:o} {name}\0").as_bytes());
            content.extend_from_slice(id.bytes());
        }
        let id = ObjectId::of(ObjectKind::Tree, &content);
        objects.push((id, content));
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(paths: &[&str]) -> Result<usize, GitError> {
        let file = File { mode: FileMode::Plain, id: ObjectId::of(ObjectKind::Blob, b""), size: 0 };
        trees(&paths.iter().map(|path| ((*path).to_owned(), file)).collect()).map(|trees| trees.len())
    }

    #[test]
    fn paths_that_git_refuses() {
        assert_eq!(check(&["a", "b/c", "b/d/e"]).unwrap(), 3);
        for bad in [&["a//b"][..], &["../a"], &["a/.GIT/config"], &["a", "a/b"], &[""]] {
            assert!(matches!(check(bad), Err(GitError::Path { .. })), "{bad:?}");
        }
    }
}
