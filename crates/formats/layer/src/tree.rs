use crate::path;
use crate::{Entry, EntryKind, LayerError};
use std::collections::BTreeMap;

/// What a name stands for, as far as later entries must agree with it.
#[derive(Debug)]
enum Node {
    Directory(Owner),
    File(Owner),
    Other,
}

/// Mode, owners and attributes.
#[derive(Debug, PartialEq, Eq)]
struct Owner {
    mode: u32,
    uid: u32,
    gid: u32,
    xattrs: BTreeMap<String, Vec<u8>>,
}

impl Owner {
    fn of(entry: &Entry) -> Self {
        Self { mode: entry.mode, uid: entry.uid, gid: entry.gid, xattrs: entry.xattrs.clone() }
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04o} {}:{}", self.mode, self.uid, self.gid)?;
        for name in self.xattrs.keys() {
            write!(f, " {name}")?;
        }
        Ok(())
    }
}

/// The names a layer has so far, and the rules among them.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: BTreeMap<String, Node>,
}

/// What to do with an entry that keeps the rules.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Write these missing parents, then the entry.
    Write { parents: Vec<String> },
    /// The directory is there already.
    Skip,
}

impl Tree {
    /// Checks an entry against what came before, and remembers it.
    pub(crate) fn admit(&mut self, entry: &Entry) -> Result<Admission, LayerError> {
        check(entry)?;
        let path = &entry.path;
        if let Some(known) = self.nodes.get(path) {
            return repeat(entry, known);
        }
        let mut parents = Vec::new();
        for ancestor in path::ancestors(path) {
            match self.nodes.get(ancestor) {
                Some(Node::Directory(_)) => {}
                Some(_) => {
                    return Err(LayerError::BelowNonDirectory { path: path.clone(), ancestor: ancestor.to_owned() });
                }
                None => parents.push(ancestor.to_owned()),
            }
        }
        let node = match &entry.kind {
            EntryKind::Directory => Node::Directory(Owner::of(entry)),
            EntryKind::File { .. } => Node::File(Owner::of(entry)),
            EntryKind::HardLink { target } => Node::File(self.linked(entry, target)?),
            EntryKind::Symlink { .. } | EntryKind::Whiteout => Node::Other,
        };
        for parent in &parents {
            let owner = Owner::of(&Entry::parent_directory(parent));
            self.nodes.insert(parent.clone(), Node::Directory(owner));
        }
        self.nodes.insert(path.clone(), node);
        Ok(Admission::Write { parents })
    }

    /// The owner of the file a hard link names; the link must agree, because engines apply both in turn.
    fn linked(&self, entry: &Entry, target: &str) -> Result<Owner, LayerError> {
        let (path, target) = (entry.path.clone(), target.to_owned());
        let Some(Node::File(owner)) = self.nodes.get(&target) else {
            return Err(LayerError::HardLinkTarget { path, target });
        };
        let same = (owner.mode, owner.uid, owner.gid) == (entry.mode, entry.uid, entry.gid);
        if same && (entry.xattrs.is_empty() || entry.xattrs == owner.xattrs) {
            Ok(Owner::of(entry))
        } else {
            Err(LayerError::HardLinkMismatch { path, target })
        }
    }
}

/// A path that came before: fine for a directory that has not changed.
fn repeat(entry: &Entry, known: &Node) -> Result<Admission, LayerError> {
    match known {
        Node::Directory(first) if entry.kind == EntryKind::Directory => {
            let second = Owner::of(entry);
            if *first == second {
                return Ok(Admission::Skip);
            }
            let path = entry.path.clone();
            Err(LayerError::DirectoryMismatch { path, first: first.to_string(), second: second.to_string() })
        }
        _ => Err(LayerError::DuplicatePath { path: entry.path.clone() }),
    }
}

/// The rules an entry must keep on its own.
fn check(entry: &Entry) -> Result<(), LayerError> {
    path::check(&entry.path)?;
    if entry.mode > 0o7777 {
        return Err(LayerError::InvalidMode { path: entry.path.clone(), mode: entry.mode });
    }
    if let Some(name) = entry.xattrs.keys().find(|name| name.is_empty() || name.contains(['=', '\0'])) {
        return Err(LayerError::InvalidAttribute { path: entry.path.clone(), name: name.clone() });
    }
    match &entry.kind {
        EntryKind::Symlink { target } | EntryKind::HardLink { target } => path::check_target(&entry.path, target),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, kind: EntryKind) -> Entry {
        Entry { kind, ..Entry::parent_directory(path) }
    }

    fn file(path: &str) -> Entry {
        entry(path, EntryKind::File { size: 0 })
    }

    #[test]
    fn missing_parents_come_once() {
        let mut tree = Tree::default();
        let parents = vec!["a".to_owned(), "a/b".to_owned()];
        assert_eq!(tree.admit(&file("a/b/c")).unwrap(), Admission::Write { parents });
        assert_eq!(tree.admit(&file("a/b/d")).unwrap(), Admission::Write { parents: vec![] });
        assert_eq!(tree.admit(&Entry::parent_directory("a/b")).unwrap(), Admission::Skip);
    }

    #[test]
    fn quarrels_between_entries() {
        let mut tree = Tree::default();
        tree.admit(&file("d/f")).unwrap();
        tree.admit(&entry("d/s", EntryKind::Symlink { target: "f".to_owned() })).unwrap();
        tree.admit(&entry("d/w", EntryKind::Whiteout)).unwrap();
        let other = Entry { mode: 0o700, ..Entry::parent_directory("d") };
        assert!(matches!(tree.admit(&other), Err(LayerError::DirectoryMismatch { .. })));
        assert!(matches!(tree.admit(&file("d")), Err(LayerError::DuplicatePath { .. })));
        assert!(matches!(tree.admit(&file("d/f")), Err(LayerError::DuplicatePath { .. })));
        assert!(matches!(tree.admit(&Entry::parent_directory("d/s")), Err(LayerError::DuplicatePath { .. })));
        for below in ["d/f/x", "d/s/x/y", "d/w/x"] {
            assert!(matches!(tree.admit(&file(below)), Err(LayerError::BelowNonDirectory { .. })), "{below}");
        }
    }

    #[test]
    fn hard_links_name_earlier_files() {
        let mut tree = Tree::default();
        tree.admit(&file("d/f")).unwrap();
        let link = |path: &str, target: &str| entry(path, EntryKind::HardLink { target: target.to_owned() });
        tree.admit(&link("d/g", "d/f")).unwrap();
        tree.admit(&link("d/h", "d/g")).unwrap();
        for target in ["d", "d/later", "/d/f"] {
            assert!(matches!(tree.admit(&link("d/i", target)), Err(LayerError::HardLinkTarget { .. })), "{target}");
        }
        let other = Entry { mode: 0o4755, ..link("d/i", "d/f") };
        assert!(matches!(tree.admit(&other), Err(LayerError::HardLinkMismatch { .. })));
    }

    #[test]
    fn impossible_entries() {
        let mut tree = Tree::default();
        assert!(matches!(tree.admit(&Entry { mode: 0o10000, ..file("f") }), Err(LayerError::InvalidMode { .. })));
        let xattrs = BTreeMap::from([("user.a=b".to_owned(), vec![])]);
        assert!(matches!(tree.admit(&Entry { xattrs, ..file("f") }), Err(LayerError::InvalidAttribute { .. })));
        let empty = entry("l", EntryKind::Symlink { target: String::new() });
        assert!(matches!(tree.admit(&empty), Err(LayerError::InvalidTarget { .. })));
    }
}
