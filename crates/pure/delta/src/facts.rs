use sage_oci_names::Sha256;
use sage_oci_tree::ImagePath;
use std::collections::BTreeMap;

/// What is known of a path: everything that a container sees of it but the bytes themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub what: What,
    /// The twelve permission bits.
    pub mode: u16,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The modification time in whole seconds since 1970.
    pub mtime: i64,
    /// Extended attributes; none where there are none, which is the rule.
    pub xattrs: Option<Box<BTreeMap<String, Vec<u8>>>>,
    /// Of a file with several names: the first of its names that can be seen, in the order of paths.
    pub linked: Option<Box<ImagePath>>,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A directory.
    Directory,
    /// A directory of which no layer says anything, but that something lies below it.
    Implied,
    /// A symbolic link and its target as it is written.
    Symlink(Box<str>),
    /// A regular file.
    File {
        /// Its length in bytes.
        size: u64,
        /// The digest of its content.
        sha256: Sha256,
    },
}

impl What {
    /// Whether something may lie below it.
    pub fn is_directory(&self) -> bool {
        matches!(self, Self::Directory | Self::Implied)
    }

    /// What a person calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Directory | Self::Implied => "directory",
            Self::Symlink(_) => "symlink",
            Self::File { .. } => "file",
        }
    }
}

impl Facts {
    /// Those of a directory of which nothing is said, as engines make it.
    pub fn implied() -> Self {
        Self { what: What::Implied, mode: 0o755, uid: 0, gid: 0, mtime: 0, xattrs: None, linked: None }
    }

    /// The size of a file; none of anything else.
    pub fn size(&self) -> Option<u64> {
        match self.what {
            What::File { size, .. } => Some(size),
            _ => None,
        }
    }

    /// The digest of a file's content.
    pub fn sha256(&self) -> Option<Sha256> {
        match self.what {
            What::File { sha256, .. } => Some(sha256),
            _ => None,
        }
    }
}
