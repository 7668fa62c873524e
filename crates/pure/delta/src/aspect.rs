use crate::{Facts, What};

/// In what something at a path differs from what was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// It is something else, as a symbolic link instead of a file.
    Type,
    /// A file's content.
    Content,
    /// Where a symbolic link leads.
    Target,
    /// The permission bits.
    Mode,
    /// The owner or the group.
    Owner,
    /// The modification time.
    Mtime,
    /// Extended attributes.
    Xattr,
    /// Which names a file has beside this one.
    HardLink,
}

impl Aspect {
    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Content => "content",
            Self::Target => "target",
            Self::Mode => "mode",
            Self::Owner => "owner",
            Self::Mtime => "mtime",
            Self::Xattr => "xattr",
            Self::HardLink => "hard link",
        }
    }

    /// Everything in which two differ; empty means equal.
    pub fn between(old: &Facts, new: &Facts) -> Vec<Self> {
        let (kind, content, target) = match (&old.what, &new.what) {
            (What::File { .. }, What::File { .. }) => (false, old.what != new.what, false),
            (What::Symlink(old), What::Symlink(new)) => (false, false, old != new),
            // That one of them is said nothing of is told by what was guessed of it.
            (old, new) => (old.is_directory() != new.is_directory() || !old.is_directory(), false, false),
        };
        let all = [
            (Self::Type, kind),
            (Self::Content, content),
            (Self::Target, target),
            (Self::Mode, old.mode != new.mode),
            (Self::Owner, (old.uid, old.gid) != (new.uid, new.gid)),
            (Self::Mtime, old.mtime != new.mtime && old.what != What::Implied && new.what != What::Implied),
            (Self::Xattr, old.xattrs != new.xattrs),
            (Self::HardLink, old.linked != new.linked),
        ];
        all.into_iter().filter_map(|(aspect, differs)| differs.then_some(aspect)).collect()
    }
}
