use crate::ElfFacts;
use std::collections::BTreeMap;
use std::collections::btree_map::Range;

/// How many symbolic links one path may lead through, as in Linux.
const MOST_LINKS: usize = 40;

/// What a path of an image is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A directory.
    Directory,
    /// A file, with its facts if it is a shared object.
    File(Option<ElfFacts>),
    /// A symbolic link and its text.
    Symlink(String),
}

/// The file tree of an image, as far as it matters to `ldconfig`: all links and directories, and the shared objects.
///
/// Other files may be left out. Paths have no leading slash. A link to a file that was left out counts as stale.
#[derive(Debug, Clone, Default)]
pub struct Root {
    nodes: BTreeMap<String, Node>,
}

impl Root {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a path and the directories it lies in. One that is there already is replaced, as by an upper layer; but a directory
    /// that comes where something else stands leaves it alone if that is a link.
    pub fn insert(&mut self, path: &str, node: Node) {
        let path = path.trim_matches('/');
        for (at, _) in path.match_indices('/') {
            self.nodes.entry(path[..at].to_owned()).or_insert(Node::Directory);
        }
        let keeps_link = node == Node::Directory && matches!(self.nodes.get(path), Some(Node::Symlink(_)));
        if !keeps_link {
            self.nodes.insert(path.to_owned(), node);
        }
    }

    /// Removes a path and all below it, as a whiteout does.
    pub fn remove(&mut self, path: &str) {
        let path = path.trim_matches('/');
        self.nodes.remove(path);
        let below: Vec<String> = self.below(path).map(|(name, _)| name.clone()).collect();
        for name in below {
            self.nodes.remove(&name);
        }
    }

    fn below(&self, directory: &str) -> Range<'_, String, Node> {
        // `0` is the byte after `/`.
        self.nodes.range(format!("{directory}/")..format!("{directory}0"))
    }

    /// The node at a path whose directories are no links.
    pub(crate) fn get(&self, path: &str) -> Option<&Node> {
        self.nodes.get(path)
    }

    /// The names in a directory (given by its canonical path), sorted, with what they are.
    pub(crate) fn list<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = (&'a str, &'a Node)> {
        self.below(directory)
            .map(move |(path, node)| (&path[directory.len() + 1..], node))
            .filter(|(name, _)| !name.contains('/'))
    }

    /// Follows every link of a path; gives the canonical path and what is there. None if it leads nowhere.
    pub(crate) fn resolve(&self, path: &str) -> Option<(String, &Node)> {
        let mut rest: Vec<String> = components(path);
        let mut done: Vec<String> = Vec::new();
        let mut links = 0;
        while let Some(component) = rest.pop() {
            if component == ".." {
                done.pop();
                continue;
            }
            done.push(component);
            match self.nodes.get(&done.join("/"))? {
                Node::Symlink(target) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return None;
                    }
                    done.pop();
                    if target.starts_with('/') {
                        done.clear();
                    }
                    rest.extend(components(target));
                }
                Node::File(_) if !rest.is_empty() => return None,
                _ => {}
            }
        }
        let canonical = done.join("/");
        self.nodes.get_key_value(&canonical).map(|(_, node)| (canonical, node))
    }
}

/// The components of a path, last first.
fn components(path: &str) -> Vec<String> {
    path.split('/').rev().filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> Root {
        let mut root = Root::new();
        root.insert("lib", Node::Symlink("usr/lib".to_owned()));
        root.insert("usr/lib/d/f", Node::File(None));
        root.insert("usr/lib/d/abs", Node::Symlink("/lib/d/f".to_owned()));
        root.insert("usr/lib/d/up", Node::Symlink("../d/./abs".to_owned()));
        root.insert("usr/lib/loop", Node::Symlink("loop".to_owned()));
        root
    }

    #[test]
    fn links_are_followed_inside_the_root() {
        for path in ["/lib/d/f", "usr/lib/d/abs", "/lib/d/up", "../../lib//d/f"] {
            assert_eq!(root().resolve(path), Some(("usr/lib/d/f".to_owned(), &Node::File(None))), "{path}");
        }
        for path in ["/lib/loop", "/lib/none", "/lib/d/f/x"] {
            assert_eq!(root().resolve(path), None, "{path}");
        }
    }

    #[test]
    fn a_directory_does_not_bury_a_link() {
        let mut root = root();
        root.insert("lib", Node::Directory);
        assert_eq!(root.get("lib"), Some(&Node::Symlink("usr/lib".to_owned())));
    }

    #[test]
    fn lists_and_removes() {
        let mut root = root();
        root.insert("usr/lib/d-x", Node::File(None));
        let names = |root: &Root| root.list("usr/lib").map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&root), ["d", "d-x", "loop"]);
        root.remove("usr/lib/d");
        assert_eq!(names(&root), ["d-x", "loop"]);
        assert_eq!(root.resolve("usr/lib/d/f"), None);
    }
}
