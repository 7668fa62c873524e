//! What is written here, held to git itself: it is whole, it is what is checked out, and it has git's own names.

#![expect(clippy::disallowed_methods, reason = "a test's own files in a temporary folder")]

use sage_oci_git::{Commit, File, FileMode, Files, ObjectId, ObjectKind, Repository};
use sage_oci_source::{BlobId, FileKind, SourceFile, SourceTree};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("this test needs `git`: apt-get install git");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {error}");
    format!("{}{error}", String::from_utf8_lossy(&output.stdout))
}

fn tree() -> BTreeMap<&'static str, (FileMode, Vec<u8>)> {
    let long = "d/".repeat(60) + "deep";
    BTreeMap::from([
        ("README", (FileMode::Plain, b"hello\n".to_vec())),
        ("a-b", (FileMode::Plain, Vec::new())),
        ("a.b", (FileMode::Plain, b"hello\n".to_vec())),
        ("a/b", (FileMode::Executable, b"#!/bin/sh\n".to_vec())),
        ("big", (FileMode::Plain, (0..300_000_u32).flat_map(u32::to_le_bytes).collect())),
        ("link", (FileMode::Link, b"a/b".to_vec())),
        (Box::leak(long.into_boxed_str()), (FileMode::Plain, vec![0; 5])),
    ])
}

fn write(folder: &Path) -> Repository {
    let tree = tree();
    let mut files = Files::new();
    for (path, (mode, content)) in &tree {
        let at = folder.join(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        if *mode == FileMode::Link {
            std::os::unix::fs::symlink(String::from_utf8(content.clone()).unwrap(), &at).unwrap();
        } else {
            std::fs::write(&at, content).unwrap();
            let bits = if *mode == FileMode::Executable { 0o755 } else { 0o644 };
            std::fs::set_permissions(&at, std::fs::Permissions::from_mode(bits)).unwrap();
        }
        let id = ObjectId::of(ObjectKind::Blob, content);
        files.insert((*path).to_owned(), File { mode: *mode, id, size: content.len() as u64 });
    }
    let commit = Commit {
        person: "Some One <one@example.org>".to_owned(),
        date: 1_700_000_000,
        message: "Version 1\n\nFrom a tarball.".to_owned(),
        tag: Some("1.0".to_owned()),
    };
    let mut pack = Vec::new();
    let repository = Repository::write(&files, &commit, &mut pack, |path| Ok(tree[path].1.clone())).unwrap();
    let dot = folder.join(".git");
    let small = repository.files.iter().map(|file| (file.path.as_str(), file.content.as_slice()));
    for (path, content) in small.chain([(repository.pack.as_str(), pack.as_slice())]) {
        let at = dot.join(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, content).unwrap();
    }
    repository
}

#[test]
fn git_finds_nothing_wrong_and_nothing_changed() {
    let folder = tempfile::tempdir().unwrap();
    let repository = write(folder.path());
    let found = git(folder.path(), &["fsck", "--strict", "--full", "--no-progress"]);
    assert_eq!(found, "");
    assert_eq!(git(folder.path(), &["status", "--porcelain"]), "");
    assert_eq!(git(folder.path(), &["rev-parse", "HEAD"]).trim(), repository.head.to_string());
    assert_eq!(git(folder.path(), &["describe", "--tags"]).trim(), "1.0");
    let log = git(folder.path(), &["log", "--format=%an|%ae|%at|%cn|%s|%b"]);
    assert_eq!(log.trim(), "Some One|one@example.org|1700000000|Some One|Version 1|From a tarball.");
    git(folder.path(), &["verify-pack", &format!(".git/{}", repository.pack)]);
    std::fs::write(folder.path().join("README"), "changed\n").unwrap();
    assert_eq!(git(folder.path(), &["status", "--porcelain"]), " M README\n");
    git(folder.path(), &["checkout", "README"]);
    assert_eq!(std::fs::read(folder.path().join("README")).unwrap(), b"hello\n");
}

#[test]
fn git_gives_the_tree_the_same_name() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(ours.path());
    write(theirs.path());
    std::fs::remove_dir_all(theirs.path().join(".git")).unwrap();
    git(theirs.path(), &["init", "--quiet"]);
    git(theirs.path(), &["add", "--all"]);
    let tree = git(theirs.path(), &["write-tree"]);
    assert_eq!(git(ours.path(), &["rev-parse", "HEAD^{tree}"]), tree);
}

#[test]
fn a_commit_that_is_made_of_a_tree_is_the_one_that_git_makes() {
    let folder = tempfile::tempdir().unwrap();
    let repository = write(folder.path());
    let commit = Commit {
        person: "Some One <one@example.org>".to_owned(),
        date: 1_700_000_001,
        message: "Uncommitted changes".to_owned(),
        tag: None,
    };
    let mut tree = SourceTree::default();
    for (path, (mode, content)) in self::tree() {
        let kind = match mode {
            FileMode::Link => FileKind::Symlink,
            FileMode::Executable => FileKind::Executable,
            _ => FileKind::Regular,
        };
        tree.files.insert(path.to_owned(), SourceFile { id: BlobId::of(&content), kind });
    }
    let made = |parents: &[&str]| {
        let output = Command::new("git")
            .args(["commit-tree", "HEAD^{tree}", "-m", &commit.message])
            .args(parents)
            .current_dir(folder.path())
            .envs([("GIT_AUTHOR_NAME", "Some One"), ("GIT_AUTHOR_EMAIL", "one@example.org")])
            .envs([("GIT_COMMITTER_NAME", "Some One"), ("GIT_COMMITTER_EMAIL", "one@example.org")])
            .envs([("GIT_AUTHOR_DATE", "1700000001 +0000"), ("GIT_COMMITTER_DATE", "1700000001 +0000")])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(commit.object(&tree, None).unwrap().id().to_string(), made(&[]));
    let child = commit.object(&tree, Some(repository.head)).unwrap();
    assert_eq!(child.id().to_string(), made(&["-p", "HEAD"]));
    assert_eq!(child.parents(), [repository.head]);
}
