use crate::Compression;
use std::collections::{BTreeMap, BTreeSet};
use tar::{EntryType, Header};

/// What lies at a path of a package, or what a wicked one says that lies there: paths and kinds that the tree of an image refuses are
/// what this writer is for, so it shares no type with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    File(Vec<u8>),
    Directory,
    Symlink(String),
    HardLink(String),
}

/// One path of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) mode: u32,
    pub(crate) owner: (String, u32),
    pub(crate) group: (String, u32),
}

/// A binary package to be; every method adds to it and gives it back.
///
/// Paths are relative, without `./`. Parent directories appear on their own, mode 755, root's.
#[derive(Debug, Clone)]
pub struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) architecture: String,
    pub(crate) fields: Vec<(String, String)>,
    /// Fields that it does not have although every package has them.
    pub(crate) without: BTreeSet<String>,
    pub(crate) nodes: BTreeMap<String, Node>,
    pub(crate) last: String,
    pub(crate) control: BTreeMap<String, (u32, Vec<u8>)>,
    pub(crate) conffiles: Vec<String>,
    pub(crate) raw: Vec<(Header, Vec<u8>)>,
    pub(crate) compression: Compression,
}

impl Package {
    /// An empty package for amd64.
    pub fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            architecture: "amd64".to_owned(),
            fields: Vec::new(),
            without: BTreeSet::new(),
            nodes: BTreeMap::new(),
            last: String::new(),
            control: BTreeMap::new(),
            conffiles: Vec::new(),
            raw: Vec::new(),
            compression: Compression::default(),
        }
    }

    /// Leaves out a field that is otherwise written by itself, such as `Installed-Size`.
    pub fn without(mut self, field: &str) -> Self {
        self.without.insert(field.to_owned());
        self
    }

    /// Debian's word for the architecture; `all` puts the package into every index of its suite.
    pub fn architecture(mut self, architecture: &str) -> Self {
        self.architecture = architecture.to_owned();
        self
    }

    /// Sets a control field, replacing what it had; continuation lines of the value begin with a blank.
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(held, _)| !held.eq_ignore_ascii_case(name));
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// `Source`, as `name` or `name (version)`.
    pub fn source(self, source: &str) -> Self {
        self.field("Source", source)
    }

    /// `Essential: yes`.
    pub fn essential(self) -> Self {
        self.field("Essential", "yes")
    }

    /// `Multi-Arch`: `same`, `foreign` or `allowed`.
    pub fn multi_arch(self, value: &str) -> Self {
        self.field("Multi-Arch", value)
    }

    /// `Pre-Depends`.
    pub fn pre_depends(self, value: &str) -> Self {
        self.field("Pre-Depends", value)
    }

    /// `Depends`.
    pub fn depends(self, value: &str) -> Self {
        self.field("Depends", value)
    }

    /// `Recommends`.
    pub fn recommends(self, value: &str) -> Self {
        self.field("Recommends", value)
    }

    /// `Provides`.
    pub fn provides(self, value: &str) -> Self {
        self.field("Provides", value)
    }

    /// `Conflicts`.
    pub fn conflicts(self, value: &str) -> Self {
        self.field("Conflicts", value)
    }

    /// `Breaks`.
    pub fn breaks(self, value: &str) -> Self {
        self.field("Breaks", value)
    }

    /// `Replaces`.
    pub fn replaces(self, value: &str) -> Self {
        self.field("Replaces", value)
    }

    /// The compression of the data member and the control member.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// A regular file.
    pub fn file(self, path: &str, mode: u32, bytes: impl AsRef<[u8]>) -> Self {
        self.node(path, Content::File(bytes.as_ref().to_vec()), mode)
    }

    /// A directory that is there for its own sake or has a mode of its own.
    pub fn dir(self, path: &str, mode: u32) -> Self {
        self.node(path, Content::Directory, mode)
    }

    /// A symbolic link; the target may be anything.
    pub fn symlink(self, path: &str, target: &str) -> Self {
        self.node(path, Content::Symlink(target.to_owned()), 0o777)
    }

    /// A hard link to another path of the package, which must sort before this one.
    pub fn hard_link(self, path: &str, target: &str) -> Self {
        self.node(path, Content::HardLink(target.to_owned()), 0o644)
    }

    /// Gives the path added last to an owner and a group, each by name and number.
    pub fn owned_by(mut self, owner: (&str, u32), group: (&str, u32)) -> Self {
        if let Some(node) = self.nodes.get_mut(&self.last) {
            node.owner = (owner.0.to_owned(), owner.1);
            node.group = (group.0.to_owned(), group.1);
        }
        self
    }

    /// A configuration file, mode 644, listed in `conffiles`.
    pub fn conffile(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.conffiles.push(path.to_owned());
        self.file(path, 0o644, bytes)
    }

    /// A maintainer script: `preinst`, `postinst`, `prerm`, `postrm` or `config`.
    pub fn script(self, name: &str, text: &str) -> Self {
        self.control_file(name, 0o755, text)
    }

    /// Any other file of the control member, such as `triggers` or `shlibs`. It goes before what the crate would make.
    pub fn control_file(mut self, name: &str, mode: u32, bytes: impl AsRef<[u8]>) -> Self {
        self.control.insert(name.to_owned(), (mode, bytes.as_ref().to_vec()));
        self
    }

    /// A tar entry as it is, behind all others: for archives that must be refused. See [`crate::header`].
    pub fn raw(mut self, header: Header, body: impl AsRef<[u8]>) -> Self {
        self.raw.push((header, body.as_ref().to_vec()));
        self
    }

    /// A file whose name is written as it is, such as `../evil` or `/etc/passwd`.
    pub fn raw_file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let header = crate::header(name.as_bytes(), EntryType::Regular, b"", bytes.as_ref().len() as u64);
        self.raw(header, bytes)
    }

    /// A character device, as `/dev/null` is.
    pub fn device(self, path: &str) -> Self {
        self.raw(crate::header(path.as_bytes(), EntryType::Char, b"", 0), b"")
    }

    /// A named pipe.
    pub fn fifo(self, path: &str) -> Self {
        self.raw(crate::header(path.as_bytes(), EntryType::Fifo, b"", 0), b"")
    }

    /// A file of that many zeros: a decompression bomb, as the archive stays small. The zeros are held in memory once.
    pub fn bomb(self, path: &str, zeros: usize) -> Self {
        self.file(path, 0o644, vec![0; zeros])
    }

    fn node(mut self, path: &str, content: Content, mode: u32) -> Self {
        let path = path.trim_start_matches("./").trim_matches('/').to_owned();
        let root = ("root".to_owned(), 0);
        self.last.clone_from(&path);
        self.nodes.insert(path, Node { content, mode, owner: root.clone(), group: root });
        self
    }
}
