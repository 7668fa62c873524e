use crate::{LayerError, path};
use sage_oci_tar::OPAQUE;
use sage_oci_tree::{Entry, EntryKind, ImagePath};
use std::collections::BTreeMap;

/// What a name stands for, as far as later entries must agree with it.
///
/// Not a [`Kind`](sage_oci_tree::Kind): these are the entries of one layer, removals among them, and not what is at a path of an image.
#[derive(Debug)]
enum Written {
    Directory(Owner),
    File(Owner),
    LinkOrRemoval,
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
pub(crate) struct Admissions {
    names: BTreeMap<ImagePath, Written>,
}

/// What to do with an entry that keeps the rules.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Write these missing parents, then the entry.
    Write { parents: Vec<ImagePath> },
    /// The directory is there already.
    Skip,
}

impl Admissions {
    /// Checks an entry against what came before, and remembers it.
    pub(crate) fn admit(&mut self, entry: &Entry) -> Result<Admission, LayerError> {
        check(entry)?;
        let path = &match entry.kind {
            // The directory that it empties is an entry of its own.
            EntryKind::Opaque => entry.path.child(OPAQUE).unwrap_or_default(),
            _ => entry.path.clone(),
        };
        if let Some(known) = self.names.get(path) {
            return repeat(entry, known);
        }
        let mut parents = Vec::new();
        for ancestor in path.ancestors() {
            match self.names.get(&ancestor) {
                Some(Written::Directory(_)) => {}
                Some(_) => {
                    let (path, ancestor) = (path.to_string(), ancestor.into());
                    return Err(LayerError::BelowNonDirectory { path, ancestor });
                }
                None => parents.push(ancestor),
            }
        }
        let written = match &entry.kind {
            EntryKind::Directory => Written::Directory(Owner::of(entry)),
            EntryKind::File { .. } => Written::File(Owner::of(entry)),
            EntryKind::HardLink { target } => Written::File(self.linked(entry, target)?),
            EntryKind::Symlink { .. } | EntryKind::Whiteout | EntryKind::Opaque => Written::LinkOrRemoval,
        };
        for parent in &parents {
            let owner = Owner::of(&Entry::directory(parent.clone()));
            self.names.insert(parent.clone(), Written::Directory(owner));
        }
        self.names.insert(path.clone(), written);
        Ok(Admission::Write { parents })
    }

    /// The owner of the file a hard link names; the link must agree, because engines apply both in turn.
    fn linked(&self, entry: &Entry, target: &ImagePath) -> Result<Owner, LayerError> {
        let known = self.names.get(target);
        let (path, target) = (entry.path.to_string(), target.to_string());
        let Some(Written::File(owner)) = known else {
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
fn repeat(entry: &Entry, known: &Written) -> Result<Admission, LayerError> {
    match known {
        Written::Directory(first) if entry.kind == EntryKind::Directory => {
            let second = Owner::of(entry);
            if *first == second {
                return Ok(Admission::Skip);
            }
            let path = entry.path.to_string();
            Err(LayerError::DirectoryMismatch { path, first: first.to_string(), second: second.to_string() })
        }
        _ => Err(LayerError::DuplicatePath { path: entry.path.to_string() }),
    }
}

/// The rules an entry must keep on its own.
fn check(entry: &Entry) -> Result<(), LayerError> {
    if !(entry.path.is_root() && entry.kind == EntryKind::Opaque) {
        path::check(&entry.path)?;
    }
    if entry.mode > 0o7777 {
        return Err(LayerError::InvalidMode { path: entry.path.to_string(), mode: entry.mode });
    }
    if let Some(name) = entry.xattrs.keys().find(|name| name.is_empty() || name.contains(['=', '\0'])) {
        return Err(LayerError::InvalidAttribute { path: entry.path.to_string(), name: name.clone() });
    }
    match &entry.kind {
        EntryKind::Symlink { target } => path::check_target(&entry.path, target),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of(text: &str) -> ImagePath {
        ImagePath::parse(text).unwrap()
    }

    fn entry(path: &str, kind: EntryKind) -> Entry {
        Entry { mode: 0o755, ..Entry::new(path_of(path), kind) }
    }

    fn file(path: &str) -> Entry {
        entry(path, EntryKind::File { size: 0 })
    }

    #[test]
    fn missing_parents_come_once() {
        let mut tree = Admissions::default();
        let parents = vec![path_of("a"), path_of("a/b")];
        assert_eq!(tree.admit(&file("a/b/c")).unwrap(), Admission::Write { parents });
        assert_eq!(tree.admit(&file("a/b/d")).unwrap(), Admission::Write { parents: vec![] });
        assert_eq!(tree.admit(&Entry::directory(path_of("a/b"))).unwrap(), Admission::Skip);
    }

    #[test]
    fn quarrels_between_entries() {
        let mut tree = Admissions::default();
        tree.admit(&file("d/f")).unwrap();
        tree.admit(&entry("d/s", EntryKind::Symlink { target: "f".to_owned() })).unwrap();
        tree.admit(&entry("d/w", EntryKind::Whiteout)).unwrap();
        let other = Entry { mode: 0o700, ..Entry::directory(path_of("d")) };
        assert!(matches!(tree.admit(&other), Err(LayerError::DirectoryMismatch { .. })));
        assert!(matches!(tree.admit(&file("d")), Err(LayerError::DuplicatePath { .. })));
        assert!(matches!(tree.admit(&file("d/f")), Err(LayerError::DuplicatePath { .. })));
        assert!(matches!(tree.admit(&Entry::directory(path_of("d/s"))), Err(LayerError::DuplicatePath { .. })));
        for below in ["d/f/x", "d/s/x/y", "d/w/x"] {
            assert!(matches!(tree.admit(&file(below)), Err(LayerError::BelowNonDirectory { .. })), "{below}");
        }
    }

    #[test]
    fn hard_links_name_earlier_files() {
        let mut tree = Admissions::default();
        tree.admit(&file("d/f")).unwrap();
        let link = |path: &str, target: &str| entry(path, EntryKind::HardLink { target: path_of(target) });
        tree.admit(&entry("d/s", EntryKind::Symlink { target: "f".to_owned() })).unwrap();
        tree.admit(&entry("d/w", EntryKind::Whiteout)).unwrap();
        tree.admit(&link("d/g", "d/f")).unwrap();
        tree.admit(&link("d/h", "d/g")).unwrap();
        for target in ["d", "d/later", "d/s", "d/w"] {
            assert!(matches!(tree.admit(&link("d/i", target)), Err(LayerError::HardLinkTarget { .. })), "{target}");
        }
        let other = Entry { mode: 0o4755, ..link("d/i", "d/f") };
        assert!(matches!(tree.admit(&other), Err(LayerError::HardLinkMismatch { .. })));
    }

    #[test]
    fn an_emptied_directory_may_have_entries_of_its_own() {
        let mut tree = Admissions::default();
        let opaque = entry("a/b", EntryKind::Opaque);
        let parents = vec![path_of("a"), path_of("a/b")];
        assert_eq!(tree.admit(&opaque).unwrap(), Admission::Write { parents });
        assert!(matches!(tree.admit(&opaque), Err(LayerError::DuplicatePath { .. })));
        assert_eq!(tree.admit(&Entry::directory(path_of("a/b"))).unwrap(), Admission::Skip);
        assert_eq!(tree.admit(&file("a/b/c")).unwrap(), Admission::Write { parents: vec![] });
        tree.admit(&Entry::new(ImagePath::root(), EntryKind::Opaque)).unwrap();
    }

    #[test]
    fn impossible_entries() {
        let mut tree = Admissions::default();
        assert!(matches!(tree.admit(&Entry { mode: 0o10000, ..file("f") }), Err(LayerError::InvalidMode { .. })));
        let xattrs = BTreeMap::from([("user.a=b".to_owned(), vec![])]);
        assert!(matches!(tree.admit(&Entry { xattrs, ..file("f") }), Err(LayerError::InvalidAttribute { .. })));
        let empty = entry("l", EntryKind::Symlink { target: String::new() });
        assert!(matches!(tree.admit(&empty), Err(LayerError::InvalidTarget { .. })));
    }
}
