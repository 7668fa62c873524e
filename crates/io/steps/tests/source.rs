//! Source trees from archive to layer, held to real git.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

mod common;

use common::*;
use sage_oci_names::LayerName;
use sage_oci_step::{SourcePatch, SourceStep, Step};
use sage_oci_steps::{StepError, run};
use std::path::Path;

const PATCH: &str = "Because.\n\n--- a/hello.c\n+++ b/hello.c\n@@ -1 +1,2 @@\n int main;\n+int more;\n";

/// A release of `tool`, made by tar.
fn archive(folder: &Path) -> String {
    let tree = folder.join("tool-1.0");
    sage_oci_files::create_dir_all(tree.join("src")).unwrap();
    for (path, text) in [("hello.c", "int main;\n"), ("src/run.sh", "#!/bin/sh\n"), (".gitignore", "*.o\n")] {
        sage_oci_files::write_atomic(tree.join(path), text.as_bytes()).unwrap();
    }
    sage_oci_files::symlink("../hello.c", tree.join("src/link.c")).unwrap();
    tool("chmod", |command| _ = command.arg("755").arg(tree.join("src/run.sh")));
    let archive = folder.join("tool-1.0.tar.gz");
    tool("tar", |command| _ = command.arg("-C").arg(folder).arg("-czf").arg(&archive).arg("tool-1.0"));
    archive.to_str().unwrap().to_owned()
}

fn step(archive: String) -> SourceStep {
    SourceStep {
        name: LayerName::parse("source-tool").unwrap(),
        sealing: sealing(),
        archive,
        patches: vec![SourcePatch { name: "more.patch".to_owned(), text: PATCH.to_owned() }],
        path: "/home/me/tool".to_owned(),
        owner: 1000,
        author: "Me <me@example.org>".to_owned(),
        message: "tool 1.0\n".to_owned(),
        tag: "1.0".to_owned(),
        contents: Vec::new(),
    }
}

#[test]
fn the_tree_is_clean_for_git_and_owned_by_its_user() {
    let folder = tempfile::tempdir().unwrap();
    let outputs = outputs(folder.path());
    run(Step::Source(step(archive(folder.path()))), &outputs, &scratch(folder.path()), 2).unwrap();
    let found = contents(&outputs);
    let get = |path: &str| found.entries.iter().find(|entry| entry.path == path).unwrap();
    let tree = found.entries.iter().filter(|entry| entry.path.as_str().starts_with("home/me/tool"));
    assert!(tree.clone().count() > 15 && tree.clone().all(|entry| (entry.uid, entry.gid) == (1000, 1000)));
    assert_eq!((get("home/me").uid, get("home/me/tool/src/run.sh").mode), (0, 0o755));

    let root = folder.path().join("root");
    sage_oci_files::create_dir_all(&root).unwrap();
    tool("sh", |command| {
        let blob = outputs.out.join("blob");
        _ = command.arg("-c").arg("zstd -dc \"$0\" | tar -C \"$1\" --no-same-owner -xf -").arg(blob).arg(&root);
    });
    let git = |arguments: &[&str]| {
        let output = tool("git", |command| _ = command.arg("-C").arg(root.join("home/me/tool")).args(arguments));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(git(&["status", "--porcelain"]), "");
    assert_eq!(git(&["fsck", "--strict", "--no-progress"]), "");
    assert_eq!(git(&["log", "--format=%an %at %s", "1.0"]), format!("Me {EPOCH} tool 1.0\n"));
    assert_eq!(git(&["show", "HEAD:hello.c"]), "int main;\nint more;\n");
}

#[test]
fn bytes_depend_on_the_archive_alone() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let archive = archive(folder.path());
    let blob = |at: &Path, threads| {
        let outputs = outputs(at);
        run(Step::Source(step(archive.clone())), &outputs, &scratch(at), threads).unwrap();
        sage_oci_files::read(outputs.out.join("blob")).unwrap()
    };
    assert_eq!(blob(folder.path(), 1), blob(other.path(), 4));
}

#[test]
fn a_patch_that_does_not_fit_is_named_and_nothing_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut step = step(archive(folder.path()));
    step.patches[0].text = PATCH.replace("int main", "int niam");
    let outputs = outputs(folder.path());
    let error = run(Step::Source(step), &outputs, &scratch(folder.path()), 1).unwrap_err();
    assert!(matches!(&error, StepError::Patch { patch, .. } if patch == "more.patch"), "{error}");
    assert!(error.to_string().contains("line 1") && !outputs.out.exists(), "{error}");
}

#[test]
fn what_is_no_archive_of_one_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refuse = |archive: &Path| {
        let outputs = outputs(folder.path());
        let step = SourceStep { patches: Vec::new(), ..step(archive.to_str().unwrap().to_owned()) };
        match run(Step::Source(step), &outputs, &scratch(folder.path()), 1) {
            Err(StepError::Source { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    };
    let broken = folder.path().join("broken.tar.gz");
    sage_oci_files::write_atomic(&broken, b"no archive").unwrap();
    refuse(&broken);
    for name in ["a", "b"] {
        sage_oci_files::create_dir_all(folder.path().join(name)).unwrap();
        sage_oci_files::write_atomic(folder.path().join(name).join("x"), b"x").unwrap();
    }
    let two = folder.path().join("two.tar.gz");
    tool("tar", |command| _ = command.arg("-C").arg(folder.path()).arg("-czf").arg(&two).args(["a", "b"]));
    assert!(refuse(&two).contains("second top folder"));
}
