use crate::{Facts, What};
use sage_oci_tree::ImagePath;
use std::collections::{BTreeMap, BTreeSet};

/// What one layer says of paths.
///
/// What it removes is what lower layers have; the order of its entries does not matter, but that the later of two with one path
/// holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layer {
    /// What it has, and the directories above each, implied where it does not say anything of them.
    pub puts: BTreeMap<ImagePath, Facts>,
    /// Paths that it removes, with everything below them.
    pub whiteouts: BTreeSet<ImagePath>,
    /// Directories that it empties.
    pub opaques: BTreeSet<ImagePath>,
    /// Names of one file: the name that the layer gives its content, and the others.
    pub links: BTreeMap<ImagePath, BTreeSet<ImagePath>>,
}

impl Layer {
    /// Adds something, and the directories above it.
    pub fn put(&mut self, path: ImagePath, facts: Facts) {
        for parent in path.ancestors() {
            self.puts.entry(parent).or_insert_with(Facts::implied);
        }
        self.puts.insert(path, facts);
    }

    /// Whether it hides what lower layers have below a path, seen from this path alone.
    pub fn hides_below(&self, path: &ImagePath) -> bool {
        self.whiteouts.contains(path)
            || self.opaques.contains(path)
            || self.puts.get(path).is_some_and(|facts| !facts.what.is_directory())
    }

    /// Whether it decides what is at a path, whatever lies in lower layers.
    pub fn settles(&self, path: &ImagePath) -> bool {
        self.whiteouts.contains(path)
            || self.puts.get(path).is_some_and(|facts| facts.what != What::Implied)
            || path.ancestors().any(|above| self.hides_below(&above))
            || self.opaques.contains("")
    }

    /// Whether it decides what is below a path, whatever lies in lower layers.
    pub fn settles_below(&self, path: &ImagePath) -> bool {
        self.hides_below(path) || path.ancestors().any(|above| self.hides_below(&above)) || self.opaques.contains("")
    }
}
