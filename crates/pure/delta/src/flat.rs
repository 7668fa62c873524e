use crate::{Facts, Layer, What};
use sage_oci_tree::ImagePath;
use std::collections::BTreeMap;
use std::ops::Bound;

/// Something at a path of an image, and the layer that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlatNode {
    /// What is known of it.
    pub facts: Facts,
    /// The layer, counted from the bottom.
    pub layer: u16,
}

/// What a container sees of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlatTree {
    /// By path.
    pub nodes: BTreeMap<ImagePath, FlatNode>,
}

/// Puts layers on each other, the lowest first; none stands for one of which nothing is known.
pub fn stack<'a>(layers: impl IntoIterator<Item = Option<&'a Layer>>) -> FlatTree {
    let mut tree = FlatTree::default();
    let mut groups: BTreeMap<(u16, &ImagePath), Vec<&ImagePath>> = BTreeMap::new();
    for (index, layer) in layers.into_iter().enumerate() {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        let Some(layer) = layer else { continue };
        tree.lay(layer, index);
        for (first, others) in &layer.links {
            groups.insert((index, first), std::iter::once(first).chain(others).collect());
        }
    }
    // Names that upper layers have hidden are names no more.
    for ((index, _), names) in groups {
        let mut seen: Vec<&ImagePath> = names
            .into_iter()
            .filter(|name| tree.nodes.get(*name).is_some_and(|node| node.layer == index && is_file(node)))
            .collect();
        seen.sort();
        if let [first, _, ..] = seen[..] {
            for name in seen {
                if let Some(node) = tree.nodes.get_mut(name) {
                    node.facts.linked = Some(Box::new(first.clone()));
                }
            }
        }
    }
    tree
}

fn is_file(node: &FlatNode) -> bool {
    matches!(node.facts.what, What::File { .. })
}

impl FlatTree {
    fn lay(&mut self, layer: &Layer, index: u16) {
        for path in &layer.whiteouts {
            self.nodes.remove(path);
            self.remove_below(path);
        }
        for path in &layer.opaques {
            self.remove_below(path);
        }
        for (path, facts) in &layer.puts {
            let below = self.nodes.get(path).map(|node| node.facts.what.is_directory());
            match (&facts.what, below) {
                // Of a directory that is only implied, lower layers know more.
                (What::Implied, Some(true)) => continue,
                (What::Directory | What::Implied, _) | (_, None | Some(false)) => {}
                (_, Some(true)) => self.remove_below(path),
            }
            self.nodes.insert(path.clone(), FlatNode { facts: facts.clone(), layer: index });
        }
    }

    fn remove_below(&mut self, directory: &ImagePath) {
        if directory.is_root() {
            let root = self.nodes.remove("");
            self.nodes.clear();
            self.nodes.extend(root.map(|root| (ImagePath::root(), root)));
            return;
        }
        // `0` is the byte after `/`.
        let (from, to) = (format!("{directory}/"), format!("{directory}0"));
        let range = (Bound::Included(from.as_str()), Bound::Excluded(to.as_str()));
        let gone: Vec<ImagePath> = self.nodes.range::<str, _>(range).map(|(path, _)| path.clone()).collect();
        for path in gone {
            self.nodes.remove(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_names::Sha256;

    fn path(text: &str) -> ImagePath {
        if text.is_empty() { ImagePath::root() } else { ImagePath::parse(text).unwrap() }
    }

    fn file(number: u8) -> Facts {
        Facts { what: What::File { size: 1, sha256: Sha256::new([number; 32]) }, mode: 0o644, ..Facts::implied() }
    }

    fn directory(mode: u16) -> Facts {
        Facts { what: What::Directory, mode, ..Facts::implied() }
    }

    fn layer(puts: &[(&str, Facts)]) -> Layer {
        let mut layer = Layer::default();
        for (name, facts) in puts {
            layer.put(path(name), facts.clone());
        }
        layer
    }

    fn names(tree: &FlatTree) -> Vec<&str> {
        tree.nodes.keys().map(ImagePath::as_str).collect()
    }

    #[test]
    fn upper_layers_win_and_implied_directories_do_not() {
        let lower = layer(&[("a", directory(0o700)), ("a/x", file(1)), ("a/y", file(1))]);
        let upper = layer(&[("a/x", file(2)), ("b/c", file(3))]);
        let tree = stack([Some(&lower), Some(&upper)]);
        assert_eq!(names(&tree), ["a", "a/x", "a/y", "b", "b/c"]);
        assert_eq!((tree.nodes["a"].facts.mode, tree.nodes["a"].layer), (0o700, 0));
        assert_eq!((&tree.nodes["a/x"].facts, tree.nodes["a/x"].layer), (&file(2), 1));
        assert_eq!(tree.nodes["b"].facts.what, What::Implied);
    }

    #[test]
    fn removals_are_of_what_is_below() {
        let lower = layer(&[("a/x", file(1)), ("a/z/q", file(1)), ("ab", file(1)), ("b/x", file(1)), ("c", file(1))]);
        let mut upper = layer(&[("a/y", file(2)), ("c/d", file(2))]);
        upper.opaques.insert(path("a"));
        upper.whiteouts.insert(path("b"));
        let tree = stack([Some(&lower), Some(&upper)]);
        assert_eq!(names(&tree), ["a", "a/y", "ab", "c", "c/d"]);
        let mut all = layer(&[("n", file(1))]);
        all.opaques.insert(ImagePath::root());
        assert_eq!(names(&stack([Some(&lower), Some(&all)])), ["n"]);
    }

    #[test]
    fn a_file_in_place_of_a_directory_hides_what_was_in_it() {
        let tree = stack([Some(&layer(&[("a/x", file(1))])), Some(&layer(&[("a", file(2))]))]);
        assert_eq!(names(&tree), ["a"]);
    }

    #[test]
    fn hard_links_are_the_names_that_can_be_seen() {
        let mut lower = layer(&[("z", file(1)), ("b", file(1)), ("c", file(1))]);
        lower.links.insert(path("z"), [path("b"), path("c")].into());
        let linked = |tree: &FlatTree| -> Vec<Option<String>> {
            tree.nodes.values().map(|node| node.facts.linked.as_ref().map(|path| path.to_string())).collect()
        };
        let b = || Some("b".to_owned());
        assert_eq!(linked(&stack([Some(&lower)])), [b(), b(), b()]);
        // Whatever the layer calls the first.
        let upper = layer(&[("b", file(1))]);
        let c = || Some("c".to_owned());
        assert_eq!(linked(&stack([Some(&lower), Some(&upper)])), [None, c(), c()]);
        let upper = layer(&[("b", file(1)), ("z", file(1))]);
        assert_eq!(linked(&stack([Some(&lower), Some(&upper)])), [None, None, None]);
    }
}
