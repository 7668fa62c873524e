use crate::{DerivationError, NarHash, NarWriter, nar_hash};
use std::collections::BTreeMap;
use std::io::Write;

/// A small file tree in memory.
///
/// Nested, as an archive is, and its names are whatever a Nix store may hold: not the tree of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NarTree {
    /// A plain file.
    File {
        /// Whether it can be executed.
        executable: bool,
        /// Its bytes.
        content: Vec<u8>,
    },
    /// A symbolic link to a target.
    Symlink(String),
    /// A directory's entries by name.
    Directory(BTreeMap<String, NarTree>),
}

impl NarTree {
    /// A file that cannot be executed.
    pub fn file(content: impl Into<Vec<u8>>) -> Self {
        Self::File { executable: false, content: content.into() }
    }

    /// A file that can be executed.
    pub fn executable(content: impl Into<Vec<u8>>) -> Self {
        Self::File { executable: true, content: content.into() }
    }

    /// A directory.
    pub fn directory<S: Into<String>>(entries: impl IntoIterator<Item = (S, NarTree)>) -> Self {
        Self::Directory(entries.into_iter().map(|(name, node)| (name.into(), node)).collect())
    }

    /// Writes the tree as one entry of an archive.
    pub fn write(&self, name: &str, nar: &mut NarWriter<impl Write>) -> Result<(), DerivationError> {
        match self {
            Self::File { executable, content } => nar.file(name, *executable, content.len() as u64, &content[..]),
            Self::Symlink(target) => nar.symlink(name, target),
            Self::Directory(entries) => {
                // The writer refuses deep nesting, so this recursion is bounded.
                nar.directory(name)?;
                for (name, node) in entries {
                    node.write(name, nar)?;
                }
                nar.end_directory()
            }
        }
    }

    /// The hash of the archive whose root is this tree.
    pub fn nar_hash(&self) -> Result<NarHash, DerivationError> {
        nar_hash(|nar| self.write("", nar))
    }
}
