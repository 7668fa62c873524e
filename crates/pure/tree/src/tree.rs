use crate::{ImagePath, Place};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;

/// The paths of an image and what is at each, as layers that are put on each other leave it.
///
/// `N` is a [`Kind`](crate::Kind), a [`Node`](crate::Node), or what else says what it is. The root is always there and needs no
/// entry. Lookups by text take the normal form of [`ImagePath`]; at any other text is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree<N> {
    nodes: BTreeMap<ImagePath, N>,
}

impl<N> Default for Tree<N> {
    fn default() -> Self {
        Self { nodes: BTreeMap::new() }
    }
}

impl<N> Tree<N> {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is at the path itself; links are not followed.
    pub fn get(&self, path: &(impl AsRef<str> + ?Sized)) -> Option<&N> {
        self.nodes.get(path.as_ref())
    }

    /// The same, to be changed. What is a directory must stay one.
    pub fn get_mut(&mut self, path: &(impl AsRef<str> + ?Sized)) -> Option<&mut N> {
        self.nodes.get_mut(path.as_ref())
    }

    /// Every path with what is at it, in the order of [`ImagePath`].
    pub fn iter(&self) -> impl Iterator<Item = (&ImagePath, &N)> {
        self.nodes.iter()
    }

    /// Everything below a directory, in the same order, without the directory itself.
    pub fn below(&self, directory: &(impl AsRef<str> + ?Sized)) -> impl Iterator<Item = (&ImagePath, &N)> {
        let directory = directory.as_ref();
        let (from, to) = match directory {
            "" => (Bound::Unbounded, Bound::Unbounded),
            // `0` is the byte after `/`.
            _ => (Bound::Included(format!("{directory}/")), Bound::Excluded(format!("{directory}0"))),
        };
        let bounds = (from.as_ref().map(String::as_str), to.as_ref().map(String::as_str));
        self.nodes.range::<str, _>(bounds).filter(|(path, _)| !path.is_root())
    }

    /// The names in a directory with what they are, sorted.
    pub fn list(&self, directory: &(impl AsRef<str> + ?Sized)) -> impl Iterator<Item = (&str, &N)> {
        let skip = match directory.as_ref() {
            "" => 0,
            directory => directory.len() + 1,
        };
        self.below(directory)
            .map(move |(path, node)| (&path.as_str()[skip..], node))
            .filter(|(name, _)| !name.contains('/'))
    }

    /// Takes a path away, with everything below it, as a whiteout does. Says whether something was there.
    pub fn remove(&mut self, path: &(impl AsRef<str> + ?Sized)) -> bool {
        let path = path.as_ref();
        let there = self.nodes.remove(path).is_some();
        self.remove_below(path) || there
    }

    /// Takes away everything below a path and leaves the path itself, as an opaque whiteout does. Says whether something was there.
    ///
    /// A removal of either kind is of what lower layers have: do those of a layer before its other entries, wherever they stand.
    pub fn remove_below(&mut self, path: &(impl AsRef<str> + ?Sized)) -> bool {
        let gone: Vec<ImagePath> = self.below(path).map(|(path, _)| path.clone()).collect();
        for path in &gone {
            self.nodes.remove(path);
        }
        !gone.is_empty()
    }
}

impl<N: Place> Tree<N> {
    /// The regular files below a directory.
    pub fn files_below(&self, directory: &(impl AsRef<str> + ?Sized)) -> impl Iterator<Item = (&ImagePath, &N)> {
        self.below(directory).filter(|(_, node)| node.kind().file().is_some())
    }

    /// Puts something at a path, as an upper layer does, and gives back what it replaces. Below what is no directory stays nothing.
    ///
    /// Directories above it are not added: see [`Tree::insert_with_parents`].
    pub fn insert(&mut self, path: ImagePath, node: N) -> Option<N> {
        if !node.kind().is_directory() {
            self.remove_below(&path);
        }
        self.nodes.insert(path, node)
    }

    /// Puts something at a path, and before it each directory above it that is not there, as `directory` makes it.
    pub fn insert_with_parents(
        &mut self,
        path: ImagePath,
        node: N,
        mut directory: impl FnMut(&ImagePath) -> N,
    ) -> Option<N> {
        for parent in path.ancestors() {
            if let Entry::Vacant(place) = self.nodes.entry(parent) {
                let node = directory(place.key());
                place.insert(node);
            }
        }
        self.insert(path, node)
    }
}

impl<'a, N> IntoIterator for &'a Tree<N> {
    type Item = (&'a ImagePath, &'a N);
    type IntoIter = std::collections::btree_map::Iter<'a, ImagePath, N>;

    fn into_iter(self) -> Self::IntoIter {
        self.nodes.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    fn tree(paths: &[&str]) -> Tree<Kind<()>> {
        let mut tree = Tree::new();
        for text in paths {
            let kind = if text.ends_with('/') { Kind::Directory } else { Kind::File(()) };
            tree.insert_with_parents(ImagePath::relative(text).unwrap(), kind, |_| Kind::Directory);
        }
        tree
    }

    fn paths(tree: &Tree<Kind<()>>) -> Vec<&str> {
        tree.iter().map(|(path, _)| path.as_str()).collect()
    }

    #[test]
    fn names_that_only_begin_alike_are_neighbours() {
        let mut tree = tree(&["d/f", "d-x", "d.y", "d0", "d/g/h"]);
        assert_eq!(tree.list("d").map(|(name, _)| name).collect::<Vec<_>>(), ["f", "g"]);
        assert_eq!(tree.list("").map(|(name, _)| name).collect::<Vec<_>>(), ["d", "d-x", "d.y", "d0"]);
        assert_eq!(tree.below("d").count(), 3);
        assert!(tree.remove("d") && !tree.remove("d"));
        assert_eq!(paths(&tree), ["d-x", "d.y", "d0"]);
    }

    #[test]
    fn only_parents_that_are_missing_are_added() {
        let mut tree = tree(&["l"]);
        let l = ImagePath::parse("l").unwrap();
        tree.insert(l.clone(), Kind::Symlink("e".to_owned()));
        tree.insert_with_parents(ImagePath::parse("l/a/b").unwrap(), Kind::File(()), |_| Kind::Directory);
        assert_eq!(tree.get(&l), Some(&Kind::Symlink("e".to_owned())));
        assert_eq!(paths(&tree), ["l", "l/a", "l/a/b"]);
    }

    #[test]
    fn an_opaque_directory_stays_and_is_empty() {
        let mut tree = tree(&["d/f", "d/g/h", "e"]);
        assert!(tree.remove_below("d") && !tree.remove_below("d"));
        assert_eq!(paths(&tree), ["d", "e"]);
        assert!(tree.remove_below(&ImagePath::root()));
        assert_eq!(paths(&tree), Vec::<&str>::new());
    }

    #[test]
    fn what_is_no_directory_has_nothing_below_it() {
        let mut tree = tree(&["d/f", "d/g/h"]);
        let d = ImagePath::parse("d").unwrap();
        assert_eq!(tree.insert(d.clone(), Kind::Directory), Some(Kind::Directory));
        assert_eq!(paths(&tree), ["d", "d/f", "d/g", "d/g/h"]);
        assert_eq!(tree.insert(d, Kind::Symlink("e".to_owned())), Some(Kind::Directory));
        assert_eq!(paths(&tree), ["d"]);
    }
}
