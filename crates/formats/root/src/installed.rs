use crate::paths::split;
use sage_oci_names::{PackageName, Sha256};
use std::collections::{BTreeMap, VecDeque};

/// How many links are followed before a path counts as a loop; Linux stops at 40 too.
const MOST_LINKS: u32 = 40;

/// What is at a path of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// The twelve permission bits.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The package that ships it, if one does.
    pub package: Option<PackageName>,
}

/// The kinds of [`Node`]. A hard link is the file that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink(String),
    /// A regular file.
    File {
        /// Its length in bytes.
        size: u64,
        /// The digest of its content.
        sha256: Sha256,
    },
}

/// The tree of an image as the package layers leave it, without file contents.
#[derive(Debug, Clone, Default)]
pub struct Installed {
    nodes: BTreeMap<String, Node>,
}

impl Installed {
    /// Puts a node at a path; the upper layer wins, but a directory stays one.
    pub fn insert(&mut self, path: String, node: Node) {
        self.nodes.insert(path, node);
    }

    /// Takes a path away, with everything below it.
    pub fn remove(&mut self, path: &str) {
        if self.nodes.remove(path).is_some() {
            let prefix = format!("{path}/");
            self.nodes.retain(|known, _| !known.starts_with(&prefix));
        }
    }

    /// What is at the path itself.
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.nodes.get(path)
    }

    /// The path behind all symbolic links, if something is there. Takes paths with or without a leading `/`.
    pub fn resolve(&self, path: &str) -> Option<String> {
        let mut todo: VecDeque<String> = components(path).collect();
        let mut at = String::new();
        let mut links = 0;
        while let Some(part) = todo.pop_front() {
            if part == ".." {
                at.truncate(split(&at).0.len());
                continue;
            }
            let next = if at.is_empty() { part } else { format!("{at}/{part}") };
            match &self.nodes.get(&next)?.kind {
                NodeKind::Symlink(target) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return None;
                    }
                    if target.starts_with('/') {
                        at.clear();
                    }
                    for part in components(target).collect::<Vec<_>>().into_iter().rev() {
                        todo.push_front(part);
                    }
                }
                _ => at = next,
            }
        }
        Some(at)
    }

    /// Whether something is behind the path, as `test -e` says.
    pub fn exists(&self, path: &str) -> bool {
        self.resolve(path).is_some()
    }

    /// The regular files below a directory, with their paths, sorted bytewise.
    pub fn files_below<'a>(&'a self, directory: &str) -> impl Iterator<Item = (&'a str, &'a Node)> + use<'a> {
        let prefix = format!("{directory}/");
        self.nodes
            .range(prefix.clone()..)
            .take_while(move |(path, _)| path.starts_with(&prefix))
            .filter(|(_, node)| matches!(node.kind, NodeKind::File { .. }))
            .map(|(path, node)| (path.as_str(), node))
    }

    /// Every path with its node, sorted bytewise.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_str(), node))
    }
}

fn components(path: &str) -> impl Iterator<Item = String> + '_ {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A tree of root's from short texts: `usr/`, `usr/bin/x`, `bin -> usr/bin`; missing parents are added.
    pub(crate) fn tree(lines: &[&str]) -> Installed {
        let mut tree = Installed::default();
        for line in lines {
            let (path, kind) = match line.split_once(" -> ") {
                Some((path, target)) => (path, NodeKind::Symlink(target.to_owned())),
                None if line.ends_with('/') => (line.trim_end_matches('/'), NodeKind::Directory),
                None => (*line, NodeKind::File { size: 0, sha256: Sha256::new([0; 32]) }),
            };
            let mode = if matches!(kind, NodeKind::File { .. }) { 0o644 } else { 0o755 };
            let node = |kind| Node { kind, mode, uid: 0, gid: 0, package: None };
            for parent in crate::paths::parents(path) {
                if tree.get(parent).is_none() {
                    tree.insert(parent.to_owned(), Node { mode: 0o755, ..node(NodeKind::Directory) });
                }
            }
            tree.insert(path.to_owned(), node(kind));
        }
        tree
    }

    #[test]
    fn links_are_followed_within_the_tree() {
        let tree =
            tree(&["bin -> usr/bin", "usr/bin/dash", "usr/bin/sh -> dash", "etc/x -> ../../../bin/sh", "l -> l"]);
        assert_eq!(tree.resolve("/bin/sh").as_deref(), Some("usr/bin/dash"));
        assert_eq!(tree.resolve("etc/x").as_deref(), Some("usr/bin/dash"), "`..` above the root is the root");
        assert!(!tree.exists("/l") && !tree.exists("/usr/bin/dash/x") && !tree.exists("/none"));
        assert_eq!(tree.resolve("/").as_deref(), Some(""));
    }
}
