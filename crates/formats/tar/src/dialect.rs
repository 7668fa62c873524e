/// In what archives may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// How the archive ends.
    pub end: End,
    /// `.wh.` before a name means the removal of a lower layer's path.
    pub removals: bool,
    /// A name, and a hard link's target, may begin with a slash, which says nothing.
    pub slashes: bool,
    /// The size of what has no content may be any number, which says nothing; and a removal may have content, which is passed over.
    pub idle_sizes: bool,
    /// Users and groups have names. Without, numbers alone count, and names are not looked at.
    pub owners: bool,
}

/// How an archive must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With at least so many blocks of zeros, and nothing but zeros behind them: whatever is cut off is found.
    Zeros(usize),
    /// With two blocks of zeros and whatever is behind them, with one, or without any wherever the last body ends: some programs
    /// write no more, and engines take it. What is cut off there must be found by a digest.
    Anywhere,
}

impl Dialect {
    /// The members of Debian packages (deb(5)); dpkg is content with one block of zeros.
    pub const PACKAGE: Self =
        Self { end: End::Zeros(1), removals: false, slashes: false, idle_sizes: false, owners: true };

    /// Layers that this project writes, which keep to POSIX.
    pub const LAYER: Self =
        Self { end: End::Zeros(2), removals: true, slashes: false, idle_sizes: false, owners: false };

    /// Layers that other tools write, as engines read them.
    pub const FOREIGN_LAYER: Self =
        Self { end: End::Anywhere, removals: true, slashes: true, idle_sizes: true, owners: false };
}
