use crate::{Content, Item};
use sage_oci_layer::{ContentEntry, ContentKind, Contents};
use sage_oci_names::Sha256;
use sage_oci_step::Above;
use sage_oci_tree::{ImagePath, Kind, Place, Tree};
use sha2::{Digest, Sha256 as Hasher};
use std::collections::BTreeSet;

/// What an image that extends another one changes in the other's tree.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// What is new or other than it was.
    pub items: Vec<Item>,
    /// Paths that are there no longer, sorted.
    pub removed: Vec<ImagePath>,
}

/// What is at a path, as far as an engine tells apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    what: What,
    /// Mode, uid and gid.
    metadata: (u32, u32, u32),
}

type What = Kind<Option<Sha256>>;

impl Place for Seen {
    type File = Option<Sha256>;

    fn kind(&self) -> &What {
        &self.what
    }
}

/// Compares `items`, sorted by path, with the tree that lies below: the layers of the extended image, then those of
/// `contents` that are not among them.
///
/// `read` gives the list of contents behind a path of the step; its errors are all that there can be.
///
/// # Errors
///
/// A list of contents cannot be read.
pub fn difference<E>(
    items: Vec<Item>,
    above: &Above,
    contents: &[String],
    read: impl Fn(&str) -> Result<Contents, E>,
) -> Result<Difference, E> {
    let base: BTreeSet<&String> = above.contents.iter().collect();
    let mut tree = Tree::new();
    for path in above.contents.iter().chain(contents.iter().filter(|path| !base.contains(path))) {
        for entry in read(path)?.entries {
            see(&mut tree, &entry);
        }
    }
    let replaced = match &above.replaces {
        Some(path) => read(path)?.entries,
        None => Vec::new(),
    };
    Ok(compare(items, &tree, &replaced))
}

fn compare(items: Vec<Item>, tree: &Tree<Seen>, replaced: &[ContentEntry]) -> Difference {
    let made: BTreeSet<&str> = items.iter().map(|item| item.path.as_str()).collect();
    let mut removed: Vec<ImagePath> = replaced
        .iter()
        .filter(|entry| entry.kind != ContentKind::Dir && !made.contains(entry.path.as_str()))
        // A package above may have put its own file there.
        .filter(|entry| tree.get(&entry.path).is_some_and(|seen| Some(seen) == Seen::of(entry).as_ref()))
        .map(|entry| entry.path.clone())
        .collect();
    removed.sort();
    let is_new = |item: &Item| tree.get(&item.path) != Some(&Seen::of_item(item));
    Difference { items: items.into_iter().filter(is_new).collect(), removed }
}

fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256::new(Hasher::digest(bytes).into())
}

/// Puts an entry of an upper layer into the tree, as an engine does.
fn see(tree: &mut Tree<Seen>, entry: &ContentEntry) {
    let seen = match entry.kind {
        ContentKind::Hardlink => entry.target.as_ref().and_then(|target| tree.get(target)).cloned(),
        _ => Seen::of(entry),
    };
    match seen {
        Some(seen) => _ = tree.insert(entry.path.clone(), seen),
        None => _ = tree.remove(&entry.path),
    }
}

impl Seen {
    /// `None` for a removal, and for a hard link, which is what its file is.
    fn of(entry: &ContentEntry) -> Option<Self> {
        let what = match entry.kind {
            ContentKind::File => What::File(entry.sha256),
            ContentKind::Dir => What::Directory,
            ContentKind::Symlink => What::Symlink(entry.target.clone().unwrap_or_default()),
            ContentKind::Hardlink | ContentKind::Whiteout => return None,
        };
        Some(Self { what, metadata: (entry.mode, entry.uid, entry.gid) })
    }

    fn of_item(item: &Item) -> Self {
        let what = match &item.content {
            Content::Directory => What::Directory,
            Content::Symlink(target) => What::Symlink(target.clone()),
            Content::File(bytes) => What::File(Some(sha256(bytes))),
        };
        Self { what, metadata: (item.mode, item.uid, item.gid) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(item: &Item) -> ContentEntry {
        let (kind, sha256, target) = match &item.content {
            Content::Directory => (ContentKind::Dir, None, None),
            Content::Symlink(target) => (ContentKind::Symlink, None, Some(target.clone())),
            Content::File(bytes) => (ContentKind::File, Some(sha256(bytes)), None),
        };
        let Item { path, mode, uid, gid, .. } = item.clone();
        ContentEntry { path, kind, mode, uid, gid, size: 0, sha256, target, package: None }
    }

    #[test]
    fn only_what_differs_stays_and_what_is_gone_is_removed() {
        let old = [
            Item::directory("/d", 0o755).unwrap(),
            Item::file("/d/changed", 0o644, "old").unwrap(),
            Item::file("/d/gone", 0o644, "x").unwrap(),
            Item::file("/d/packaged-now", 0o644, "x").unwrap(),
            Item::file("/d/same", 0o644, "same").unwrap(),
        ];
        let replaced: Vec<ContentEntry> = old.iter().map(entry).collect();
        let mut tree = Tree::new();
        replaced.iter().for_each(|entry| see(&mut tree, entry));
        see(&mut tree, &entry(&Item::file("/d/packaged-now", 0o644, "a package's").unwrap()));
        let new = vec![
            Item::directory("/d", 0o755).unwrap(),
            Item::file("/d/changed", 0o644, "new").unwrap(),
            Item::file("/d/same", 0o644, "same").unwrap(),
            Item::symlink("/e", "d").unwrap(),
        ];
        let Difference { items, removed } = compare(new, &tree, &replaced);
        assert_eq!(items.iter().map(|item| item.path.as_str()).collect::<Vec<_>>(), ["d/changed", "e"]);
        assert_eq!(removed, ["d/gone"]);
    }

    #[test]
    fn a_directory_that_a_package_above_changed_is_set_right_again() {
        let directory = Item::directory("/d", 0o1777).unwrap();
        let mut tree = Tree::new();
        see(&mut tree, &entry(&directory));
        assert_eq!(compare(vec![directory.clone()], &tree, &[]).items, []);
        see(&mut tree, &entry(&Item::directory("/d", 0o755).unwrap()));
        assert_eq!(compare(vec![directory.clone()], &tree, &[]).items, [directory]);
    }
}
