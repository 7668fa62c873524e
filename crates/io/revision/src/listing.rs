use crate::RevisionError;
use sage_oci_source::{FileKind, SourceFile, SourceTree};

/// What a commit holds.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) tree: SourceTree,
    /// Where other repositories are.
    pub(crate) submodules: Vec<String>,
}

/// Reads what `git ls-tree -r -z` writes: `MODE TYPE HASH<tab>PATH<nul>`.
///
/// # Errors
/// A name that is not UTF-8, or something that git has not written so far.
pub(crate) fn listing(bytes: &[u8]) -> Result<Listing, RevisionError> {
    let mut listing = Listing::default();
    for line in bytes.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let odd = || RevisionError::Git {
            command: "ls-tree".to_owned(),
            said: format!("it wrote `{}`", String::from_utf8_lossy(line)),
        };
        let tab = line.iter().position(|byte| *byte == b'\t').ok_or_else(odd)?;
        let path = std::str::from_utf8(&line[tab + 1..])
            .map_err(|_| RevisionError::NotUtf8 { name: String::from_utf8_lossy(&line[tab + 1..]).into_owned() })?;
        let head = std::str::from_utf8(&line[..tab]).map_err(|_| odd())?;
        let words: Vec<&str> = head.split(' ').collect();
        let [mode, _, hash] = words.as_slice() else { return Err(odd()) };
        let Some(kind) = kind(mode) else {
            listing.submodules.push(path.to_owned());
            continue;
        };
        let id = hash.parse().map_err(|_| odd())?;
        listing.tree.files.insert(path.to_owned(), SourceFile { id, kind });
    }
    Ok(listing)
}

/// What a mode of git's means; none for another repository. Old commits have `100664` too.
fn kind(mode: &str) -> Option<FileKind> {
    match mode {
        "160000" => None,
        "120000" => Some(FileKind::Symlink),
        _ if mode.ends_with("755") => Some(FileKind::Executable),
        _ => Some(FileKind::Regular),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_and_names() {
        let id = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        let line = |mode: &str, path: &str| format!("{mode} blob {id}\t{path}\0");
        let text = ["100644", "100664", "100755", "120000", "160000"].map(|mode| line(mode, &format!("a\tb\n {mode}")));
        let listing = listing(text.concat().as_bytes()).unwrap();
        let kinds: Vec<FileKind> = listing.tree.files.values().map(|file| file.kind).collect();
        assert_eq!(kinds, [FileKind::Regular, FileKind::Regular, FileKind::Executable, FileKind::Symlink]);
        assert_eq!(listing.submodules, ["a\tb\n 160000"]);
    }

    #[test]
    fn what_is_no_listing() {
        assert!(listing(b"").unwrap().tree.files.is_empty());
        assert!(listing(b"100644 blob e69d\ta\0").is_err());
        assert!(listing(b"100644\ta\0").is_err() && listing(b"no\0").is_err());
        let id = b"100644 blob e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\ta\xff\0";
        assert!(matches!(listing(id), Err(RevisionError::NotUtf8 { name }) if name == "a\u{fffd}"));
    }
}
