use crate::RootError;
use crate::paths::image_path;
use sage_oci_tree::{ImagePath, Kind};

/// One path of a generated layer, before its parents are added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The path, as it lies after the merged-/usr rewriting.
    pub path: ImagePath,
    /// The twelve permission bits; 0777 for links.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// What it is.
    pub content: Content,
}

/// What a generated path is; a file with its bytes.
pub type Content = Kind<Vec<u8>>;

impl Item {
    /// A file of root's.
    ///
    /// # Errors
    ///
    /// `path` leads outside the image; so for the other constructors.
    pub fn file(path: &str, mode: u32, bytes: impl Into<Vec<u8>>) -> Result<Self, RootError> {
        Self::new(path, mode, Content::File(bytes.into()))
    }

    /// A symbolic link of root's.
    pub fn symlink(path: &str, target: impl Into<String>) -> Result<Self, RootError> {
        Self::new(path, 0o777, Content::Symlink(target.into()))
    }

    /// A directory of root's.
    pub fn directory(path: &str, mode: u32) -> Result<Self, RootError> {
        Self::new(path, mode, Content::Directory)
    }

    /// The same for another owner.
    #[must_use]
    pub fn owned(self, uid: u32, gid: u32) -> Self {
        Self { uid, gid, ..self }
    }

    fn new(path: &str, mode: u32, content: Content) -> Result<Self, RootError> {
        Ok(Self { path: image_path(path)?, mode, uid: 0, gid: 0, content })
    }
}
