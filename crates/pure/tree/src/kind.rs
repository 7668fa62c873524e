use sage_oci_names::PackageName;

/// What is at a path of an image. A hard link is the file that it names.
///
/// `F` is what is known of a file, or wanted: its bytes, its digest, whether it is a shared object, nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind<F> {
    /// A directory.
    Directory,
    /// A symbolic link and its target as it is written.
    Symlink(String),
    /// A regular file.
    File(F),
}

impl<F> Kind<F> {
    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        matches!(self, Self::Directory)
    }

    /// Whether it is a symbolic link.
    pub fn is_symlink(&self) -> bool {
        matches!(self, Self::Symlink(_))
    }

    /// What is known of the file, if it is one.
    pub fn file(&self) -> Option<&F> {
        match self {
            Self::File(file) => Some(file),
            Self::Directory | Self::Symlink(_) => None,
        }
    }
}

/// What is at a path of an image, whose it is, and who brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node<F> {
    /// What it is.
    pub kind: Kind<F>,
    /// The twelve permission bits.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The package that ships it, if one does.
    pub package: Option<PackageName>,
}

impl<F> Node<F> {
    /// Mode, owner's and group's number.
    pub fn access(&self) -> (u32, u32, u32) {
        (self.mode, self.uid, self.gid)
    }
}

/// What can stand at a path of a [`Tree`](crate::Tree).
pub trait Place {
    /// What is known of a file.
    type File;

    /// What it is.
    fn kind(&self) -> &Kind<Self::File>;
}

impl<F> Place for Kind<F> {
    type File = F;

    fn kind(&self) -> &Self {
        self
    }
}

impl<F> Place for Node<F> {
    type File = F;

    fn kind(&self) -> &Kind<F> {
        &self.kind
    }
}
