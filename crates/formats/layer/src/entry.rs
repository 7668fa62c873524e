use std::collections::BTreeMap;

/// One entry of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path from the root of the image: `usr/bin/x`, with neither a leading `./` or `/` nor a trailing `/`.
    ///
    /// A whiteout names the path it removes, without the `.wh.` that marks it on tape.
    pub path: String,
    /// What the entry is.
    pub kind: EntryKind,
    /// Permissions with set-id and sticky bits: twelve bits.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// Extended attributes by their full names, such as `security.capability`.
    pub xattrs: BTreeMap<String, Vec<u8>>,
}

/// What an entry of a layer is. Devices, pipes and sockets have no place in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File {
        /// Its length in bytes; exactly as many must follow.
        size: u64,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// The text of the link, taken as it is.
        target: String,
    },
    /// Another name of a file that came earlier in the same layer.
    HardLink {
        /// The earlier name, in the form of [`Entry::path`].
        target: String,
    },
    /// Removes the path of this name that a lower layer brought (OCI image spec, layer, "Whiteouts").
    Whiteout,
}

impl Entry {
    /// A directory of root's with mode 0755, as missing parents are written.
    pub fn parent_directory(path: &str) -> Self {
        Self { path: path.to_owned(), kind: EntryKind::Directory, mode: 0o755, uid: 0, gid: 0, xattrs: BTreeMap::new() }
    }

    /// The number of body bytes that follow the header.
    pub(crate) fn size(&self) -> u64 {
        match self.kind {
            EntryKind::File { size } => size,
            _ => 0,
        }
    }
}

/// An entry as it was found in a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEntry {
    /// The entry. Its path has lost a leading `./` or `/` and a trailing `/`, if it had them; the root's own path is empty.
    pub entry: Entry,
    /// Its modification time, in seconds since 1970.
    pub mtime: u64,
}
