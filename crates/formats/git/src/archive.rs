use crate::GitError;
use sage_oci_source::{BlobId, FileKind, SourceTree};
use std::io::{self, Write};
use tar::{Builder, EntryType, Header};

/// Link targets longer than this need an entry of their own before them.
const SHORT: usize = 100;

/// Writes the files of a tree as a tar that depends on the tree alone: sorted by path, without folders, nobody's, at the time
/// zero; `read` gives a content by its name, and no more than one is in memory.
///
/// It is what a build step lays a work tree out from. No attribute of git (`export-ignore`, `export-subst`, line ends) says
/// anything here, unlike in `git archive`: a commit's tree has the bytes of its blobs.
///
/// # Errors
/// [`GitError::Read`]: a content cannot be read, or is another one than its name says; [`GitError::Write`]: `out` refused.
pub fn write_files(
    tree: &SourceTree,
    mut read: impl FnMut(BlobId) -> io::Result<Vec<u8>>,
    out: impl Write,
) -> Result<(), GitError> {
    let mut tar = Builder::new(out);
    for (path, file) in &tree.files {
        let failed = |source| GitError::Read { path: path.clone(), source };
        let content = read(file.id).map_err(failed)?;
        if BlobId::of(&content) != file.id {
            return Err(failed(io::Error::other(format!("its content is not {}", file.id))));
        }
        append(&mut tar, path, file.kind, &content).map_err(GitError::Write)?;
    }
    tar.into_inner().and_then(|mut out| out.flush()).map_err(GitError::Write)
}

fn append(tar: &mut Builder<impl Write>, path: &str, kind: FileKind, content: &[u8]) -> io::Result<()> {
    let header = |kind, mode, size| {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header
    };
    let size = content.len() as u64;
    match kind {
        FileKind::Regular => tar.append_data(&mut header(EntryType::Regular, 0o644, size), path, content),
        FileKind::Executable => tar.append_data(&mut header(EntryType::Regular, 0o755, size), path, content),
        // As it is: the library's own way would take `./` and doubled slashes out of a target.
        FileKind::Symlink => {
            let mut link = header(EntryType::Symlink, 0o777, 0);
            if content.len() <= SHORT {
                link.set_link_name_literal(content)?;
            } else {
                let long = header(EntryType::GNULongLink, 0o644, size + 1);
                tar.append_data(&mut { long }, "././@LongLink", &*[content, b"\0"].concat())?;
            }
            tar.append_data(&mut link, path, io::empty())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_source::SourceFile;
    use sage_oci_tar::{Dialect, TarReader};
    use sage_oci_tree::EntryKind;
    use std::collections::BTreeMap;
    use std::io::Read;

    fn write(contents: &BTreeMap<String, (FileKind, Vec<u8>)>) -> Vec<u8> {
        let file = |(path, (kind, content)): (&String, &(FileKind, Vec<u8>))| {
            (path.clone(), SourceFile { id: BlobId::of(content), kind: *kind })
        };
        let blobs: BTreeMap<BlobId, &Vec<u8>> =
            contents.values().map(|(_, content)| (BlobId::of(content), content)).collect();
        let tree = SourceTree { files: contents.iter().map(file).collect() };
        let mut out = Vec::new();
        write_files(&tree, |id| Ok(blobs[&id].clone()), &mut out).unwrap();
        out
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let long = format!("{}deep", "folder/".repeat(40));
        let far = format!("./{}//x", "../folder".repeat(30));
        let contents: BTreeMap<String, (FileKind, Vec<u8>)> = [
            (".gitattributes", FileKind::Regular, &b"a export-ignore\n"[..]),
            ("a", FileKind::Regular, b"$Format:%H$\r\n"),
            ("empty", FileKind::Regular, b""),
            ("run", FileKind::Executable, b"#!"),
            ("link", FileKind::Symlink, b"./a//b/"),
            ("far", FileKind::Symlink, far.as_bytes()),
            ("100", FileKind::Symlink, &far.as_bytes()[..100]),
            ("101", FileKind::Symlink, &far.as_bytes()[..101]),
            (&long, FileKind::Regular, b"deep"),
            ("\u{e9} \\ x", FileKind::Regular, b"x"),
        ]
        .map(|(path, kind, content)| (path.to_owned(), (kind, content.to_vec())))
        .into();
        let bytes = write(&contents);
        let mut reader = TarReader::new(&*bytes, Dialect::PACKAGE);
        let mut found = BTreeMap::new();
        let mut order = Vec::new();
        while let Some(entry) = reader.next_entry().unwrap() {
            assert_eq!((entry.uid, entry.gid, entry.mtime), (0, 0, 0));
            let mut content = Vec::new();
            reader.read_to_end(&mut content).unwrap();
            let kind = match (&entry.kind, entry.mode) {
                (EntryKind::File { .. }, 0o644) => FileKind::Regular,
                (EntryKind::File { .. }, 0o755) => FileKind::Executable,
                (EntryKind::Symlink { target }, 0o777) => {
                    content = target.clone().into_bytes();
                    FileKind::Symlink
                }
                other => panic!("{other:?}"),
            };
            order.push(entry.path.to_string());
            found.insert(entry.path.to_string(), (kind, content));
        }
        assert_eq!(found, contents);
        assert!(order.is_sorted(), "{order:?}");
        assert_eq!(write(&contents), bytes);
    }

    #[test]
    fn a_content_of_another_name_is_told() {
        let file = SourceFile { id: BlobId::of(b"a"), kind: FileKind::Regular };
        let tree = SourceTree { files: [("x".to_owned(), file)].into() };
        let error = write_files(&tree, |_| Ok(b"b".to_vec()), io::sink()).unwrap_err();
        assert!(matches!(&error, GitError::Read { path, .. } if path == "x"), "{error}");
        let error = write_files(&tree, |_| Err(io::Error::other("gone")), io::sink()).unwrap_err();
        assert!(matches!(&error, GitError::Read { source, .. } if source.to_string() == "gone"), "{error}");
    }
}
