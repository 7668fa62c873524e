//! What no repository is made of, each with its words; and what git itself reads of the pieces.

use sage_oci_git::{Commit, File, FileMode, Files, GitError, ObjectId, ObjectKind, Repository};
use std::io::{self, Write};

fn commit() -> Commit {
    Commit { person: "A B <a@b>".to_owned(), date: 1, message: "m".to_owned(), tag: None }
}

fn files(paths: &[&str]) -> Files {
    let file = |path: &str| {
        let id = ObjectId::of(ObjectKind::Blob, path.as_bytes());
        File { mode: FileMode::Plain, id, size: path.len() as u64 }
    };
    paths.iter().map(|path| ((*path).to_owned(), file(path))).collect()
}

fn write(files: &Files, commit: &Commit) -> Result<Repository, GitError> {
    Repository::write(files, commit, io::sink(), |path| Ok(path.as_bytes().to_vec()))
}

#[test]
fn paths_that_git_does_not_check_out() {
    let components = "a component is empty, `.`, `..` or `.git`";
    for (paths, path, why) in [
        (&["a//b"][..], "a//b", components),
        (&["/a"], "/a", components),
        (&["a/"], "a/", components),
        (&["./a"], "./a", components),
        (&["a/../b"], "a/../b", components),
        (&[".git/config"], ".git/config", components),
        (&["a/.GiT"], "a/.GiT", components),
        (&["a\0b"], "a\0b", components),
        (&["a", "a/b"], "a/b", "a file lies above it"),
        (&["d/a", "d/a/b/c"], "d/a/b/c", "a file lies above it"),
    ] {
        let error = write(&files(paths), &commit()).unwrap_err();
        assert_eq!(error.to_string(), format!("git cannot hold the path `{path}`: {why}"));
    }
    for good in ["a", ".gitignore", ".github/x", "git", "a b", "é", "...", "a.git"] {
        write(&files(&[good]), &commit()).unwrap();
    }
}

#[test]
fn texts_that_would_end_a_header_early() {
    let person = "a person is written as `Name <address>`";
    let tag = "a tag has letters, digits, `.`, `-` and `_` only, and no dot at an end";
    let of = |change: &dyn Fn(&mut Commit)| {
        let mut commit = commit();
        change(&mut commit);
        write(&files(&["a"]), &commit).map(|repository| repository.head.to_string())
    };
    for text in ["", "A", "A <a", "A a>", "A<a>", "A <a> x", "A <a>\nparent 0 <b>", "A <<a>", "A\0 <a>"] {
        let error = of(&|commit| commit.person = text.to_owned()).unwrap_err();
        assert_eq!(error.to_string(), format!("`{text}` cannot stand in a commit: {person}"));
    }
    let error = of(&|commit| commit.message = "a\0b".to_owned()).unwrap_err();
    assert_eq!(error.to_string(), "`a\0b` cannot stand in a commit: it has a NUL");
    for text in ["", ".a", "-a", "a.", "a.lock", "a..b", "a b", "a/b", "a~1", "a^", "a:b", "é", "a@{b"] {
        let error = of(&|commit| commit.tag = Some(text.to_owned())).unwrap_err();
        assert_eq!(error.to_string(), format!("`{text}` cannot stand in a commit: {tag}"));
    }
    of(&|commit| commit.tag = Some("10.9.beta0_1-x".to_owned())).unwrap();
    // A message ends with one line end, however it was written.
    let head = of(&|_| {}).unwrap();
    assert_eq!(of(&|commit| commit.message = "m\n\n \n".to_owned()).unwrap(), head);
    assert_ne!(of(&|commit| commit.date = 2).unwrap(), head);
}

/// A sink that takes some bytes and then refuses.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or_else(|| io::Error::other("full"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_refuses_is_told_wherever_it_does() {
    let files = files(&["a", "d/b"]);
    let whole = {
        let mut pack = Vec::new();
        Repository::write(&files, &commit(), &mut pack, |path| Ok(path.as_bytes().to_vec())).unwrap();
        pack.len()
    };
    for room in 0..whole {
        let error = Repository::write(&files, &commit(), Full(room), |path| Ok(path.as_bytes().to_vec())).unwrap_err();
        assert!(matches!(&error, GitError::Write(source) if source.to_string() == "full"), "{room}: {error}");
        assert_eq!(error.to_string(), "the pack cannot be written");
    }
    Repository::write(&files, &commit(), Full(whole), |path| Ok(path.as_bytes().to_vec())).unwrap();
}

#[test]
fn a_file_that_cannot_be_read_or_has_changed_is_named() {
    let files = files(&["a", "d/b"]);
    let error = Repository::write(&files, &commit(), io::sink(), |_| Err(io::Error::other("gone"))).unwrap_err();
    assert_eq!(error.to_string(), "`a` cannot be read for the pack");
    let changed = |path: &str| Ok(if path == "d/b" { b"other".to_vec() } else { path.as_bytes().to_vec() });
    let error = Repository::write(&files, &commit(), io::sink(), changed).unwrap_err();
    assert_eq!(error.to_string(), "`d/b` cannot be read for the pack");
    let GitError::Read { source, .. } = error else { panic!("{error}") };
    assert_eq!(source.to_string(), "it changed in the meantime");
}

#[test]
fn numbers_that_the_formats_do_not_hold() {
    let mut large = files(&["a"]);
    large.get_mut("a").unwrap().size = 1 << 32;
    let error = write(&large, &commit()).unwrap_err();
    assert!(matches!(error, GitError::TooLarge), "{error}");
    assert_eq!(error.to_string(), "the tree is too large for one pack of 2 GiB");
    let late = Commit { date: 1 << 32, ..commit() };
    assert!(matches!(write(&files(&["a"]), &late), Err(GitError::TooLarge)), "the index has 32 bits for times");
    write(&files(&["a"]), &Commit { date: (1 << 32) - 1, ..commit() }).unwrap();
}

#[test]
fn one_content_is_packed_once() {
    let mut twice = files(&["a", "b"]);
    let a = twice["a"];
    twice.insert("b".to_owned(), a);
    let mut reads = Vec::new();
    let mut pack = Vec::new();
    let read = |path: &str| {
        reads.push(path.to_owned());
        Ok(b"a".to_vec())
    };
    Repository::write(&twice, &commit(), &mut pack, read).unwrap();
    assert_eq!(reads, ["a"]);
    assert_eq!(pack[..12], [b'P', b'A', b'C', b'K', 0, 0, 0, 2, 0, 0, 0, 3], "a commit, a tree and a blob");
}

#[test]
fn the_files_beside_the_pack() {
    let tagged = Commit { tag: Some("1.0".to_owned()), ..commit() };
    let repository = write(&files(&["a"]), &tagged).unwrap();
    let text = |path: &str| {
        let file = repository.files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path}"));
        String::from_utf8(file.content.clone()).unwrap()
    };
    let head = format!("{}\n", repository.head);
    assert_eq!(text("HEAD"), "ref: refs/heads/main\n");
    assert_eq!((text("refs/heads/main"), text("refs/tags/1.0")), (head.clone(), head));
    let paths: Vec<&str> = repository.files.iter().map(|file| file.path.as_str()).collect();
    assert!(paths.is_sorted(), "{paths:?}");
    assert!(repository.pack.starts_with("objects/pack/pack-") && repository.pack.ends_with(".pack"));
    assert!(paths.contains(&repository.pack.replace(".pack", ".idx").as_str()));
    let untagged = write(&files(&["a"]), &commit()).unwrap();
    assert!(!untagged.files.iter().any(|file| file.path.starts_with("refs/tags")));
    assert_eq!(format!("{:?}", untagged.head), untagged.head.to_string());
}
