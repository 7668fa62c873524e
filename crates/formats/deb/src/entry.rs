use std::collections::BTreeMap;

/// What a tar entry is.
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
    /// A hard link.
    HardLink {
        /// The path of the linked file within the same tree, normalised as [`Entry::path`].
        target: String,
    },
}

/// One file, directory or link of a package.
///
/// The path stays inside the tree by construction: relative, no `..`, no empty or `.` components. What lies at the
/// parents of the path in the *other* packages of an image (a symlink, say) is for the caller to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path without leading `./` and trailing `/`; the root itself is the empty string.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// The twelve permission bits: set-id, sticky, and read, write, execute for user, group, others.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The owner's name, empty where none is written. Names go before numbers when a package is installed.
    pub owner: String,
    /// The group's name, empty where none is written.
    pub group: String,
    /// The modification time in seconds since 1970, UTC.
    pub mtime: i64,
    /// Extended attributes (PAX `SCHILY.xattr.`), such as `security.capability`.
    pub xattrs: BTreeMap<String, Vec<u8>>,
}

/// Normalises the path of an entry: no leading `./`, no trailing `/`, no empty or `.` components; `""` is the root.
///
/// Errors say which rule the path breaks: absolute, a `..` component, a NUL character, or no text at all.
pub fn normal_path(raw: &str) -> Result<String, &'static str> {
    if raw.is_empty() {
        return Err("it is empty");
    }
    if raw.starts_with('/') {
        return Err("it is absolute");
    }
    if raw.contains('\0') {
        return Err("it holds a NUL character");
    }
    let mut path = String::with_capacity(raw.len());
    for part in raw.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err("it has a `..` component"),
            _ => {
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(part);
            }
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_normalised() {
        for (raw, normal) in
            [("./", ""), (".", ""), ("./usr/", "usr"), ("usr//bin/./x", "usr/bin/x"), ("..a/b..", "..a/b..")]
        {
            assert_eq!(normal_path(raw).unwrap(), normal);
        }
        for bad in ["", "/", "/etc", "..", "./../x", "a/..", "a/../b", "a\0b"] {
            assert!(normal_path(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn normal_paths_stay_inside_and_do_not_change_again(raw in "[a./]{0,12}") {
            let bad = raw.is_empty() || raw.starts_with('/') || raw.split('/').any(|part| part == "..");
            let normal = normal_path(&raw);
            prop_assert_eq!(normal.is_err(), bad);
            let Ok(path) = normal else { return Ok(()) };
            prop_assert!(!path.starts_with('/') && !path.ends_with('/'));
            prop_assert!(path.split('/').all(|part| path.is_empty() || !matches!(part, "" | "." | "..")));
            if !path.is_empty() {
                prop_assert_eq!(normal_path(&path).unwrap(), path.clone());
            }
        }
    }
}
