use crate::{Installed, Node, NodeKind, RootError, Stored};
use sage_oci_layer::{ContentEntry, ContentKind, Contents, Library, PackageRecord};
use sage_oci_names::Sha256;
use sage_oci_tree::ImagePath;

/// What the layers below hold, as their lists of contents say.
#[derive(Debug, Default)]
pub struct Below {
    /// The tree that they give together.
    pub installed: Installed,
    /// Shared objects of all layers.
    pub libraries: Vec<Library>,
    /// The packages of all layers, sorted by name.
    pub packages: Vec<PackageRecord>,
    /// Directories that an upper layer would change, with what they must stay: the lowest layer's word counts, since dpkg
    /// never touches a directory that exists.
    pub disputed: Vec<(ImagePath, Node)>,
    /// The first path that two layers bring differently.
    conflict: Option<(String, String, String)>,
}

impl Below {
    /// Joins lists of contents, bottom first.
    ///
    /// # Errors
    ///
    /// A list cannot be read, or has a hard link to what is not below it.
    pub fn of<E: From<RootError>>(lists: impl IntoIterator<Item = Result<Contents, E>>) -> Result<Self, E> {
        let mut below = Self::default();
        for contents in lists {
            below.add(contents?)?;
        }
        below.packages.sort_by(|a, b| a.package.cmp(&b.package));
        below.disputed.sort_by(|a, b| a.0.cmp(&b.0));
        below.disputed.dedup_by(|a, b| a.0 == b.0);
        Ok(below)
    }

    fn add(&mut self, contents: Contents) -> Result<(), RootError> {
        for entry in &contents.entries {
            self.add_entry(entry)?;
        }
        self.libraries.extend(contents.libraries);
        self.packages.extend(contents.stanzas);
        Ok(())
    }

    fn add_entry(&mut self, entry: &ContentEntry) -> Result<(), RootError> {
        if entry.kind == ContentKind::Whiteout {
            self.installed.remove(&entry.path);
            return Ok(());
        }
        let node = self.node(entry)?;
        match self.installed.get(&entry.path) {
            None => _ = self.installed.insert(entry.path.clone(), node),
            Some(known) if known.kind == NodeKind::Directory && node.kind == NodeKind::Directory => {
                if (known.mode, known.uid, known.gid) != (node.mode, node.uid, node.gid) {
                    self.disputed.push((entry.path.clone(), known.clone()));
                }
            }
            Some(known) => {
                if (&known.kind, known.mode, known.uid, known.gid) != (&node.kind, node.mode, node.uid, node.gid) {
                    let conflict = (entry.path.to_string(), describe(known), describe(&node));
                    self.conflict.get_or_insert(conflict);
                }
                self.installed.insert(entry.path.clone(), node);
            }
        }
        Ok(())
    }

    fn node(&self, entry: &ContentEntry) -> Result<Node, RootError> {
        let target = || entry.target.clone().unwrap_or_default();
        let malformed = |why: &str| RootError::Malformed {
            what: format!("the list of contents, /{}", entry.path),
            why: why.to_owned(),
        };
        let kind = match entry.kind {
            ContentKind::Dir => NodeKind::Directory,
            ContentKind::Symlink => NodeKind::Symlink(target()),
            ContentKind::File => {
                NodeKind::File(Stored { size: entry.size, sha256: entry.sha256.unwrap_or(Sha256::new([0; 32])) })
            }
            ContentKind::Hardlink => {
                let file = self.installed.get(&target()).ok_or_else(|| malformed("its file is missing"))?;
                file.kind.clone()
            }
            ContentKind::Whiteout => return Err(malformed("a removal is nothing that can be installed")),
        };
        let ContentEntry { mode, uid, gid, package, .. } = entry.clone();
        Ok(Node { kind, mode, uid, gid, package })
    }

    /// Holds the layers to each other: one path is one thing, and nothing lies below what is no directory.
    ///
    /// # Errors
    ///
    /// Two layers bring a path differently, or a path's parent is missing or no directory.
    pub fn verify(&self) -> Result<(), RootError> {
        if let Some((path, first, second)) = self.conflict.clone() {
            return Err(RootError::Conflict { path, first, second });
        }
        for (path, _) in self.installed.iter() {
            let Some(parent) = path.parent().filter(|parent| !parent.is_root()) else { continue };
            if self.installed.get(&parent).is_none_or(|node| node.kind != NodeKind::Directory) {
                return Err(RootError::BelowLink { path: path.to_string(), ancestor: parent.into() });
            }
        }
        Ok(())
    }
}

fn describe(node: &Node) -> String {
    let who = node.package.as_ref().map_or_else(|| "a generated file".to_owned(), |name| format!("package {name}"));
    let what = match &node.kind {
        NodeKind::Directory => "directory".to_owned(),
        NodeKind::Symlink(target) => format!("symbolic link to {target}"),
        NodeKind::File(Stored { size, sha256 }) => format!("file of {size} bytes, sha256 {sha256}"),
    };
    format!("{who} ({what}, {:04o} {}:{})", node.mode, node.uid, node.gid)
}
