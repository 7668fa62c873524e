use super::ClosureBuildError;
use super::tree::{self, NodeKind as TreeKind};
use crate::StepError;
use sage_oci_names::StorePath;
use sage_oci_root::{Installed, NodeKind, parents, split};
use sage_oci_step::RootFiles;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The files of an image's root outside the store.
#[derive(Debug, Default)]
pub(crate) struct RootTree {
    entries: BTreeMap<String, RootEntry>,
    below: Installed,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RootEntry {
    pub(crate) kind: RootKind,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Who brings it, for an error.
    from: String,
}

/// What it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RootKind {
    Directory,
    Symlink(String),
    Text(String),
    /// A file of the store and its size.
    Copy(PathBuf, u64),
}

impl RootEntry {
    /// Something of root's.
    pub(crate) fn new(kind: RootKind, mode: u32, from: impl Into<String>) -> Self {
        Self { kind, mode, uid: 0, gid: 0, from: from.into() }
    }

    /// The same for another owner.
    pub(crate) fn owned(self, uid: u32, gid: u32) -> Self {
        Self { uid, gid, ..self }
    }
}

impl RootTree {
    /// An empty tree on top of what a base image has.
    pub(crate) fn new(below: Installed) -> Self {
        Self { entries: BTreeMap::new(), below }
    }

    /// Every entry with its path, parents first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &RootEntry)> {
        self.entries.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// Whether a path is in this tree.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.entries.contains_key(&self.place(path))
    }

    /// Whether a directory or link of the base image is at a path.
    pub(crate) fn is_below(&self, path: &str) -> bool {
        self.below.get(path).is_some()
    }

    /// Adds an entry and the directories above it.
    ///
    /// # Errors
    /// Something else is there; only directories may meet.
    pub(crate) fn add(&mut self, path: &str, entry: RootEntry) -> Result<(), StepError> {
        let directory = entry.kind == RootKind::Directory;
        let path = if directory { self.place(path) } else { self.place_of_file(path) };
        for parent in parents(&path).map(str::to_owned).collect::<Vec<_>>() {
            self.put(parent, RootEntry::new(RootKind::Directory, 0o755, entry.from.clone()))?;
        }
        self.put(path, entry)
    }

    /// Sets the metadata of a directory that is there, or adds it.
    pub(crate) fn directory(&mut self, path: &str, mode: u32, uid: u32, gid: u32) -> Result<(), StepError> {
        let entry = RootEntry::new(RootKind::Directory, mode, "the image's defaults").owned(uid, gid);
        self.add(path, entry)?;
        if let Some(known) = self.entries.get_mut(&self.place(path)) {
            (known.mode, known.uid, known.gid) = (mode, uid, gid);
        }
        Ok(())
    }

    /// Adds the tree of a store path.
    pub(crate) fn add_tree(&mut self, top: &StorePath, files: RootFiles) -> Result<(), StepError> {
        let folder = Path::new(top.as_str());
        let nodes = tree::list(folder)?;
        if nodes.first().is_none_or(|node| node.kind != TreeKind::Directory) {
            return Err(ClosureBuildError::NoTree { path: top.clone() }.into());
        }
        for node in nodes.into_iter().skip(1) {
            let link = || RootKind::Symlink(format!("{top}/{}", node.below));
            let (kind, mode) = match (&node.kind, files) {
                (TreeKind::Directory, _) => (RootKind::Directory, 0o755),
                (_, RootFiles::Link) => (link(), super::write::SYMLINK),
                (TreeKind::Symlink(target), RootFiles::Copy) => {
                    (RootKind::Symlink(target.clone()), super::write::SYMLINK)
                }
                (TreeKind::File { size, executable }, RootFiles::Copy) => {
                    (RootKind::Copy(folder.join(&node.below), *size), if *executable { 0o755 } else { 0o644 })
                }
            };
            self.add(&node.below, RootEntry::new(kind, mode, top.as_str()))?;
        }
        Ok(())
    }

    fn put(&mut self, path: String, mut entry: RootEntry) -> Result<(), StepError> {
        match self.entries.get(&path) {
            Some(known) if known.kind == RootKind::Directory && entry.kind == RootKind::Directory => return Ok(()),
            Some(known) => {
                let (first, second) = (known.from.clone(), entry.from);
                return Err(ClosureBuildError::Twice { path, first, second }.into());
            }
            None => {}
        }
        if let (RootKind::Directory, Some(node)) = (&entry.kind, self.below.get(&path)) {
            // A directory of the base image stays as it is.
            (entry.mode, entry.uid, entry.gid) = (node.mode, node.uid, node.gid);
        }
        self.entries.insert(path, entry);
        Ok(())
    }

    /// Where a directory goes: through the base image's links to directories, as `bin` to `usr/bin`.
    fn place(&self, path: &str) -> String {
        let mut at = String::new();
        for part in path.split('/') {
            at = if at.is_empty() { part.to_owned() } else { format!("{at}/{part}") };
            if let Some(NodeKind::Symlink(_)) = self.below.get(&at).map(|node| &node.kind)
                && let Some(resolved) = self.below.resolve(&at)
            {
                at = resolved;
            }
        }
        at
    }

    /// Where anything else goes; it replaces a link of its own name.
    fn place_of_file(&self, path: &str) -> String {
        let (parent, name) = split(path);
        if parent.is_empty() { name.to_owned() } else { format!("{}/{name}", self.place(parent)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_root::Node;

    fn file(from: &str) -> RootEntry {
        RootEntry::new(RootKind::Text(String::new()), 0o644, from)
    }

    fn directory() -> Node {
        Node { kind: NodeKind::Directory, mode: 0o755, uid: 0, gid: 0, package: None }
    }

    fn paths(tree: &RootTree) -> Vec<&str> {
        tree.iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn directories_meet_and_files_do_not() {
        let mut tree = RootTree::default();
        tree.add("a/b", file("one")).unwrap();
        tree.add("a/c", file("two")).unwrap();
        assert_eq!(paths(&tree), ["a", "a/b", "a/c"]);
        let text = |error: StepError| error.to_string();
        assert_eq!(text(tree.add("a/b", file("two")).unwrap_err()), "`/a/b` is brought twice: by one and by two");
        assert_eq!(text(tree.add("a/b/c", file("two")).unwrap_err()), "`/a/b` is brought twice: by one and by two");
        assert_eq!(text(tree.add("a", file("two")).unwrap_err()), "`/a` is brought twice: by one and by two");
    }

    #[test]
    fn a_base_images_links_are_followed_and_its_directories_kept() {
        let mut base = Installed::default();
        for path in ["usr", "usr/bin", "var"] {
            base.insert(path.to_owned(), directory());
        }
        base.insert("bin".to_owned(), Node { kind: NodeKind::Symlink("usr/bin".to_owned()), ..directory() });
        base.insert("var/mail".to_owned(), Node { mode: 0o2775, gid: 8, ..directory() });
        let mut tree = RootTree::new(base);
        tree.add("bin/x", file("one")).unwrap();
        tree.add("var/mail/me", file("one")).unwrap();
        assert_eq!(paths(&tree), ["usr", "usr/bin", "usr/bin/x", "var", "var/mail", "var/mail/me"]);
        let mail = tree.iter().find(|(path, _)| *path == "var/mail").unwrap().1;
        assert_eq!((mail.mode, mail.gid), (0o2775, 8));
        assert!(tree.has("bin/x") && tree.is_below("bin") && !tree.is_below("etc"));
    }
}
