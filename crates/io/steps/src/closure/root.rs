use super::ClosureBuildError;
use super::tree::{self, OnDisk};
use crate::StepError;
use sage_oci_names::StorePath;
use sage_oci_root::Installed;
use sage_oci_step::RootFiles;
use sage_oci_tree::{ImagePath, Kind, Place, Tree};
use std::path::{Path, PathBuf};

/// The files of an image's root outside the store.
#[derive(Debug, Default)]
pub(crate) struct RootTree {
    entries: Tree<RootEntry>,
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
pub(crate) type RootKind = Kind<RootFile>;

/// Where the content of a file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RootFile {
    Text(String),
    /// A file of the store and its size.
    Copy(PathBuf, u64),
}

impl Place for RootEntry {
    type File = RootFile;

    fn kind(&self) -> &RootKind {
        &self.kind
    }
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
        Self { entries: Tree::new(), below }
    }

    /// Every entry with its path, parents first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&ImagePath, &RootEntry)> {
        self.entries.iter()
    }

    /// Whether a path is in this tree.
    pub(crate) fn has(&self, path: &ImagePath) -> bool {
        self.entries.get(&self.place(path)).is_some()
    }

    /// Whether a directory or link of the base image is at a path.
    pub(crate) fn is_below(&self, path: &ImagePath) -> bool {
        self.below.get(path).is_some()
    }

    /// Adds an entry and the directories above it.
    ///
    /// # Errors
    /// Something else is there; only directories may meet.
    pub(crate) fn add(&mut self, path: &ImagePath, entry: RootEntry) -> Result<(), StepError> {
        let path = if entry.kind.is_directory() { self.place(path) } else { self.place_of_file(path) };
        for parent in path.ancestors() {
            self.put(parent, RootEntry::new(RootKind::Directory, 0o755, entry.from.clone()))?;
        }
        self.put(path, entry)
    }

    /// Sets the metadata of a directory that is there, or adds it.
    pub(crate) fn directory(&mut self, path: &ImagePath, mode: u32, uid: u32, gid: u32) -> Result<(), StepError> {
        let entry = RootEntry::new(RootKind::Directory, mode, "the image's defaults").owned(uid, gid);
        self.add(path, entry)?;
        let place = self.place(path);
        if let Some(known) = self.entries.get_mut(&place) {
            (known.mode, known.uid, known.gid) = (mode, uid, gid);
        }
        Ok(())
    }

    /// Adds the tree of a store path.
    pub(crate) fn add_tree(&mut self, top: &StorePath, files: RootFiles) -> Result<(), StepError> {
        let folder = Path::new(top.as_str());
        let nodes = tree::list(folder)?;
        if nodes.first().is_none_or(|node| !node.kind.is_directory()) {
            return Err(ClosureBuildError::NoTree { path: top.clone() }.into());
        }
        for node in nodes.into_iter().skip(1) {
            let link = || RootKind::Symlink(format!("{top}/{}", node.below));
            let (kind, mode) = match (&node.kind, files) {
                (Kind::Directory, _) => (RootKind::Directory, 0o755),
                (_, RootFiles::Link) => (link(), super::write::SYMLINK),
                (Kind::Symlink(target), RootFiles::Copy) => (RootKind::Symlink(target.clone()), super::write::SYMLINK),
                (Kind::File(OnDisk { size, executable }), RootFiles::Copy) => {
                    let file = RootFile::Copy(folder.join(&node.below), *size);
                    (RootKind::File(file), if *executable { 0o755 } else { 0o644 })
                }
            };
            self.add(&node.below, RootEntry::new(kind, mode, top.as_str()))?;
        }
        Ok(())
    }

    fn put(&mut self, path: ImagePath, mut entry: RootEntry) -> Result<(), StepError> {
        match self.entries.get(&path) {
            Some(known) if known.kind == RootKind::Directory && entry.kind == RootKind::Directory => return Ok(()),
            Some(known) => {
                let (first, second) = (known.from.clone(), entry.from);
                return Err(ClosureBuildError::Twice { path: path.into(), first, second }.into());
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
    fn place(&self, path: &ImagePath) -> ImagePath {
        let mut at = ImagePath::root();
        for part in path.components() {
            at = at.child(part).unwrap_or_default();
            if self.below.get(&at).is_some_and(|node| node.kind.is_symlink())
                && let Some(resolved) = self.below.resolve(at.as_str())
            {
                at = resolved;
            }
        }
        at
    }

    /// Where anything else goes; it replaces a link of its own name.
    fn place_of_file(&self, path: &ImagePath) -> ImagePath {
        let directory = self.place(&path.parent().unwrap_or_default());
        directory.child(path.name()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_root::{Node, NodeKind};

    fn file(from: &str) -> RootEntry {
        RootEntry::new(RootKind::File(RootFile::Text(String::new())), 0o644, from)
    }

    fn path(text: &str) -> ImagePath {
        ImagePath::parse(text).unwrap()
    }

    fn directory() -> Node {
        Node { kind: NodeKind::Directory, mode: 0o755, uid: 0, gid: 0, package: None }
    }

    fn paths(tree: &RootTree) -> Vec<&str> {
        tree.iter().map(|(path, _)| path.as_str()).collect()
    }

    #[test]
    fn directories_meet_and_files_do_not() {
        let mut tree = RootTree::default();
        tree.add(&path("a/b"), file("one")).unwrap();
        tree.add(&path("a/c"), file("two")).unwrap();
        assert_eq!(paths(&tree), ["a", "a/b", "a/c"]);
        let text = |error: StepError| error.to_string();
        assert_eq!(
            text(tree.add(&path("a/b"), file("two")).unwrap_err()),
            "`/a/b` is brought twice: by one and by two"
        );
        assert_eq!(
            text(tree.add(&path("a/b/c"), file("two")).unwrap_err()),
            "`/a/b` is brought twice: by one and by two"
        );
        assert_eq!(text(tree.add(&path("a"), file("two")).unwrap_err()), "`/a` is brought twice: by one and by two");
    }

    #[test]
    fn a_base_images_links_are_followed_and_its_directories_kept() {
        let mut base = Installed::default();
        for text in ["usr", "usr/bin", "var"] {
            base.insert(path(text), directory());
        }
        base.insert(path("bin"), Node { kind: NodeKind::Symlink("usr/bin".to_owned()), ..directory() });
        base.insert(path("var/mail"), Node { mode: 0o2775, gid: 8, ..directory() });
        let mut tree = RootTree::new(base);
        tree.add(&path("bin/x"), file("one")).unwrap();
        tree.add(&path("var/mail/me"), file("one")).unwrap();
        assert_eq!(paths(&tree), ["usr", "usr/bin", "usr/bin/x", "var", "var/mail", "var/mail/me"]);
        let mail = tree.iter().find(|(path, _)| *path == "var/mail").unwrap().1;
        assert_eq!((mail.mode, mail.gid), (0o2775, 8));
        assert!(tree.has(&path("bin/x")) && tree.is_below(&path("bin")) && !tree.is_below(&path("etc")));
    }
}
