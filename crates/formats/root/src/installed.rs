use sage_oci_names::Sha256;
use sage_oci_tree::{Kind, Tree};

/// What is known of a file of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its length in bytes.
    pub size: u64,
    /// The digest of its content.
    pub sha256: Sha256,
}

/// What is at a path of the image.
pub type NodeKind = Kind<Stored>;

/// The same with its owner, mode and package.
pub type Node = sage_oci_tree::Node<Stored>;

/// The tree of an image as the package layers leave it, without file contents.
pub type Installed = Tree<Node>;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use sage_oci_tree::ImagePath;

    /// A tree of root's from short texts: `usr/`, `usr/bin/x`, `bin -> usr/bin`; missing parents are added.
    pub(crate) fn tree(lines: &[&str]) -> Installed {
        let mut tree = Installed::default();
        for line in lines {
            let (path, kind) = match line.split_once(" -> ") {
                Some((path, target)) => (path, NodeKind::Symlink(target.to_owned())),
                None if line.ends_with('/') => (*line, NodeKind::Directory),
                None => (*line, NodeKind::File(Stored { size: 0, sha256: Sha256::new([0; 32]) })),
            };
            let mode = if kind.file().is_some() { 0o644 } else { 0o755 };
            let node = |kind, mode| Node { kind, mode, uid: 0, gid: 0, package: None };
            let path = ImagePath::relative(path).unwrap();
            tree.insert_with_parents(path, node(kind, mode), |_| node(NodeKind::Directory, 0o755));
        }
        tree
    }
}
