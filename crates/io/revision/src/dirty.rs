use crate::RevisionError;
use crate::contents::at;
use crate::git::Git;
use sage_oci_source::{BlobId, FileKind, SourceFile, SourceTree};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What became of a tracked file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is not tracked any more, or not there.
    Gone,
    /// It may be another one, or new.
    There,
    /// Its merge is not finished.
    Unmerged,
}

/// The tracked files that the work tree or the index has otherwise than the commit that is checked out, by their paths.
pub(crate) fn changes(git: &Git<'_>) -> Result<BTreeMap<String, Change>, RevisionError> {
    let arguments =
        ["status", "--porcelain=v2", "-z", "--untracked-files=no", "--ignore-submodules=all", "--no-renames"];
    parse(&git.output(&arguments)?)
}

/// Reads git-status(1)'s second format.
fn parse(bytes: &[u8]) -> Result<BTreeMap<String, Change>, RevisionError> {
    let mut changes = BTreeMap::new();
    for line in bytes.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        // How many words stand before the path.
        let (words, unmerged) = match line[0] {
            b'1' => (8, false),
            b'u' => (10, true),
            _ => continue,
        };
        let mut parts = line.splitn(words + 1, |byte| *byte == b' ');
        let state = parts.nth(1).unwrap_or_default();
        let path = parts.nth(words - 2).unwrap_or_default();
        let path = std::str::from_utf8(path)
            .map_err(|_| RevisionError::NotUtf8 { name: String::from_utf8_lossy(path).into_owned() })?;
        let change = match state {
            _ if unmerged => Change::Unmerged,
            [b'D', _] | [_, b'D'] => Change::Gone,
            _ => Change::There,
        };
        changes.insert(path.to_owned(), change);
    }
    Ok(changes)
}

/// Puts the files of the work tree at `top` into the commit's tree, and gives their contents. What turns out to be equal is taken out
/// of `changes`.
pub(crate) fn take(
    tree: &mut SourceTree,
    top: &Path,
    changes: &mut BTreeMap<String, Change>,
) -> Result<BTreeMap<BlobId, Vec<u8>>, RevisionError> {
    let mut contents = BTreeMap::new();
    let mut equal = Vec::new();
    for (path, change) in &*changes {
        match change {
            Change::Unmerged => return Err(RevisionError::Unmerged { path: path.clone() }),
            Change::Gone => drop(tree.files.remove(path)),
            Change::There => {
                let place = top.join(path);
                let metadata = sage_oci_files::metadata(&place)?;
                let kind = match metadata.file_type() {
                    kind if kind.is_symlink() => FileKind::Symlink,
                    kind if kind.is_file() && metadata.permissions().mode() & 0o100 != 0 => FileKind::Executable,
                    kind if kind.is_file() => FileKind::Regular,
                    _ => return Err(RevisionError::Special { path: path.clone() }),
                };
                let content = at(&place)?;
                let file = SourceFile { id: BlobId::of(&content), kind };
                if tree.files.insert(path.clone(), file) == Some(file) {
                    equal.push(path.clone());
                }
                contents.insert(file.id, content);
            }
        }
    }
    changes.retain(|path, _| !equal.contains(path));
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_files() {
        let lines = [
            "1 .M N... 100644 100644 100644 e6 e6 a b",
            "1 A. N... 0 100644 100644 e6 e6 new",
            "1 .D N... 100644 100644 0 e6 e6 gone",
            "1 D. N... 100644 0 0 e6 e6 rm",
            "u UU N... 1 2 3 4 e6 e6 e6 merge here",
        ];
        let text = lines.map(|line| format!("{line}\0")).concat();
        let found: Vec<_> = parse(text.as_bytes()).unwrap().into_iter().collect();
        let wanted = [
            ("a b", Change::There),
            ("gone", Change::Gone),
            ("merge here", Change::Unmerged),
            ("new", Change::There),
            ("rm", Change::Gone),
        ];
        assert_eq!(found, wanted.map(|(path, change)| (path.to_owned(), change)));
        assert!(parse(b"1 .M N... 1 2 3 e6 e6 a\xff\0").is_err());
    }
}
