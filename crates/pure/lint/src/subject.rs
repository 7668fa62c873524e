use crate::Seen;
use sage_oci_delta::{FlatTree, Owners, What};
use sage_oci_tree::{ImagePath, Kind, Tree};
use std::collections::BTreeMap;

/// An image as a container sees it, and what was learned of its files.
#[derive(Debug)]
pub struct Subject<'a> {
    /// What is at each path.
    pub tree: &'a FlatTree,
    /// What was learned of each regular file; of one with several names, by one of them.
    pub seen: &'a BTreeMap<ImagePath, Seen>,
    /// The bytes of the small files that rules read.
    pub texts: &'a BTreeMap<ImagePath, Vec<u8>>,
    /// Which packages have each path; none where the image has no package database.
    pub owners: Option<&'a Owners>,
    /// The time that the image says that it was made, in seconds since 1970.
    pub created: Option<i64>,
    /// The folders in which programs find libraries, in the order of the loader; none where its configuration cannot be read, and why.
    pub libraries: Result<Vec<String>, String>,
    /// The paths with links that can be followed.
    links: Tree<Kind<()>>,
}

impl<'a> Subject<'a> {
    /// Puts it together.
    pub fn new(
        tree: &'a FlatTree,
        seen: &'a BTreeMap<ImagePath, Seen>,
        texts: &'a BTreeMap<ImagePath, Vec<u8>>,
        owners: Option<&'a Owners>,
    ) -> Self {
        let mut links = Tree::new();
        for (path, node) in &tree.nodes {
            let kind = match &node.facts.what {
                What::Directory | What::Implied => Kind::Directory,
                What::Symlink(target) => Kind::Symlink(target.to_string()),
                What::File { .. } => Kind::File(()),
            };
            links.insert(path.clone(), kind);
        }
        Self { tree, seen, texts, owners, created: None, libraries: Ok(Vec::new()), links }
    }

    /// What was learned of a file, by whichever of its names.
    pub(crate) fn seen(&self, path: &ImagePath) -> Option<&Seen> {
        let linked = || self.tree.nodes.get(path)?.facts.linked.as_deref();
        self.seen.get(path).or_else(|| self.seen.get(linked()?))
    }

    /// Where a path leads, links followed.
    pub(crate) fn find(&self, path: &str) -> Option<ImagePath> {
        self.links.resolve(path)
    }

    /// The regular files and what is known of each.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'a ImagePath, &'a sage_oci_delta::Facts)> {
        self.tree.nodes.iter().map(|(path, node)| (path, &node.facts)).filter(|(_, facts)| facts.size().is_some())
    }

    /// The text of a small file.
    pub(crate) fn text(&self, path: &str) -> Option<std::borrow::Cow<'a, str>> {
        self.texts.get(path).map(|bytes| String::from_utf8_lossy(bytes))
    }

    /// The package that has a path.
    pub(crate) fn owner(&self, path: &ImagePath) -> Option<String> {
        self.owners?.get(path).first().cloned()
    }
}
