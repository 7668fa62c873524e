use crate::ImagePath;
use std::collections::BTreeMap;

/// What a package's archive or a layer says of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path. A removal has the path that it removes, without the `.wh.` that marks it in a layer.
    pub path: ImagePath,
    /// What it is.
    pub kind: EntryKind,
    /// The twelve permission bits: set-id, sticky, and read, write, execute for user, group, others.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The owner's name. Names go before numbers when a package is installed; layers have none, and it is empty there.
    pub owner: String,
    /// The group's name; as the owner's.
    pub group: String,
    /// The modification time in seconds since 1970, UTC. A layer that is written has one time for all, whatever stands here.
    pub mtime: i64,
    /// Extended attributes by their full names, such as `security.capability`.
    pub xattrs: BTreeMap<String, Vec<u8>>,
}

/// The kinds of [`Entry`]. Devices, pipes and sockets have no place in an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file; its content follows.
    File {
        /// The length of the content in bytes.
        size: u64,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// The target as it is written: relative, or absolute within the image.
        target: String,
    },
    /// Another name of a file.
    HardLink {
        /// The path of the file, in the same archive or layer.
        target: ImagePath,
    },
    /// Removes what lower layers have at the path (OCI image spec, layer, "Whiteouts").
    Whiteout,
    /// Removes what lower layers have below the path, a directory (the same, "Opaque Whiteout").
    Opaque,
}

impl Entry {
    /// Something of root's with the mode that is usual for it: 0755 for a directory, 0777 for a symbolic link, 0644 for all else.
    pub fn new(path: ImagePath, kind: EntryKind) -> Self {
        let mode = match kind {
            EntryKind::Directory => 0o755,
            EntryKind::Symlink { .. } => 0o777,
            EntryKind::File { .. } | EntryKind::HardLink { .. } | EntryKind::Whiteout | EntryKind::Opaque => 0o644,
        };
        let (owner, group) = (String::new(), String::new());
        Self { path, kind, mode, uid: 0, gid: 0, owner, group, mtime: 0, xattrs: BTreeMap::new() }
    }

    /// A directory of root's with mode 0755, as missing parents are written.
    pub fn directory(path: ImagePath) -> Self {
        Self::new(path, EntryKind::Directory)
    }

    /// The length of its content in bytes: nothing has any but a file.
    pub fn size(&self) -> u64 {
        match self.kind {
            EntryKind::File { size } => size,
            _ => 0,
        }
    }
}
