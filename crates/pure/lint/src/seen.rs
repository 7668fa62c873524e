/// What was learned of a regular file while it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The MD5 digest of its content: dpkg's lists have no other.
    pub md5: [u8; 16],
    /// What it is.
    pub content: Content,
    /// What it should not hold, perhaps; each kind once.
    pub marks: Vec<Mark>,
}

/// What a file is, as far as a rule asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Content {
    /// Nothing that any rule asks for.
    #[default]
    Other,
    /// A program or library with a dynamic section.
    Elf(Elf),
    /// An ELF file whose headers lead nowhere, and why.
    BrokenElf(String),
    /// A Python module; the digest by which byte-code knows it, where the interpreter was known that makes it.
    Python(Option<u64>),
    /// Byte-code: how it knows its source.
    ByteCode(Check),
}

/// How byte-code knows its source (PEP 552).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// By its digest, looked at when it is loaded or never.
    Digest(u64),
    /// By its time and size, in seconds and bytes, both modulo 2^32.
    Time {
        /// The modification time.
        mtime: u32,
        /// The size.
        size: u32,
    },
    /// By nothing that is known: it is no byte-code.
    None,
}

/// What the dynamic section of an ELF file asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elf {
    /// Word size in bits.
    pub bits: u8,
    /// The machine (`e_machine`).
    pub machine: u16,
    /// Names of the libraries that it needs.
    pub needed: Vec<String>,
    /// Where it looks for them before all others (`DT_RUNPATH`, or `DT_RPATH`), as it is written.
    pub search: Vec<String>,
}

/// Something found in a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// A path of Nix's store.
    Store(String),
    /// A path in the folder in which Nix builds.
    Build(String),
    /// A text that the caller forbids: its home, its checkout.
    Here(String),
    /// The beginning of a private key, and of which kind.
    PrivateKey(String),
}
