use super::ClosureBuildError;
use crate::StepError;
use sage_oci_root::RootError;
use sage_oci_tree::{ImagePath, Kind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A file of a store path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its path below the store path, which is the root itself.
    pub(crate) below: ImagePath,
    /// What it is.
    pub(crate) kind: Kind<OnDisk>,
}

/// What a file of a store path has of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OnDisk {
    pub(crate) size: u64,
    pub(crate) executable: bool,
}

impl Node {
    /// Where it is on disk; a store path may be a file itself, which a slash behind it would deny.
    pub(crate) fn on_disk(&self, top: &Path) -> PathBuf {
        if self.below.is_root() { top.to_owned() } else { top.join(&self.below) }
    }
}

/// Lists a store path: each directory before what is in it, names in the order of their bytes, as in a NAR.
///
/// Of the modes only the owner's execute bit counts, as for Nix.
pub(crate) fn list(top: &Path) -> Result<Vec<Node>, StepError> {
    let mut nodes = Vec::new();
    // The next one to look at is the last; a loop, not a recursion, so any depth is fine.
    let mut todo: Vec<(PathBuf, ImagePath)> = vec![(top.to_owned(), ImagePath::root())];
    while let Some((path, below)) = todo.pop() {
        let metadata = sage_oci_files::metadata(&path)?;
        let kind = if metadata.is_dir() {
            for entry in sage_oci_files::list(&path)?.into_iter().rev() {
                let name = utf8(entry.file_name().unwrap_or_default(), &entry)?;
                let child = below.child(&name).map_err(|why| {
                    let why = why.why();
                    StepError::from(RootError::Path { path: entry.display().to_string(), why })
                })?;
                todo.push((entry, child));
            }
            Kind::Directory
        } else if metadata.is_symlink() {
            Kind::Symlink(utf8(sage_oci_files::read_link(&path)?.as_os_str(), &path)?)
        } else if metadata.is_file() {
            Kind::File(OnDisk { size: metadata.len(), executable: metadata.permissions().mode() & 0o100 != 0 })
        } else {
            return Err(ClosureBuildError::Kind { path: path.display().to_string() }.into());
        };
        nodes.push(Node { below, kind });
    }
    Ok(nodes)
}

fn utf8(text: &std::ffi::OsStr, path: &Path) -> Result<String, StepError> {
    let text = text.to_str().ok_or_else(|| ClosureBuildError::NotUtf8 { path: path.display().to_string() })?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn directories_come_before_what_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("top");
        sage_oci_files::create_dir_all(top.join("a/b")).unwrap();
        for file in ["a-b", "a/b/c", "a/d"] {
            sage_oci_files::write_atomic(top.join(file), b"x").unwrap();
        }
        sage_oci_files::symlink("a", top.join("l")).unwrap();
        let nodes = list(&top).unwrap();
        let names: Vec<(&str, usize)> = nodes.iter().map(|node| (node.below.as_str(), node.below.depth())).collect();
        assert_eq!(names, [("", 0), ("a", 1), ("a/b", 2), ("a/b/c", 3), ("a/d", 2), ("a-b", 1), ("l", 1)]);
        assert_eq!(nodes[6].kind, Kind::Symlink("a".to_owned()));
    }

    #[test]
    fn what_cannot_be_in_a_layer_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(list(folder.path()).unwrap_err().to_string().contains("/socket`"));
        sage_oci_files::remove_file(&socket).unwrap();
        sage_oci_files::write_atomic(folder.path().join(std::ffi::OsStr::from_bytes(b"x\xff")), b"").unwrap();
        assert!(list(folder.path()).unwrap_err().to_string().contains("not UTF-8"));
    }
}
