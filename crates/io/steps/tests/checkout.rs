//! Work trees of commits that stand elsewhere, held to real git and to a server of its own.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

mod common;

use common::*;
use sage_oci_git::write_files;
use sage_oci_names::LayerName;
use sage_oci_source::{FileKind, SourceFile, SourceTree};
use sage_oci_step::{CheckoutStep, Step};
use sage_oci_steps::{StepError, run};
use std::collections::BTreeMap;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A commit of another repository, as a submodule has one.
const ELSEWHERE: &str = "1111111111111111111111111111111111111111";

/// Git without this machine's settings; its answer, whatever it is.
fn ask(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    for (role, date) in [("AUTHOR", "1600000000 +0200"), ("COMMITTER", "1600000001 -0100")] {
        command.env(format!("GIT_{role}_NAME"), "Anne").env(format!("GIT_{role}_EMAIL"), "anne@example.org");
        command.env(format!("GIT_{role}_DATE"), date);
    }
    command.output().expect("this test needs `git`: apt-get install git")
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = ask(folder, arguments);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "git {arguments:?}: {text}");
    text
}

fn write(folder: &Path, path: &str, text: &str) {
    sage_oci_files::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
    sage_oci_files::write_atomic(folder.join(path), text.as_bytes()).unwrap();
}

fn commit(folder: &Path, message: &str) -> String {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "-m", message]);
    git(folder, &["rev-parse", "HEAD"]).trim().to_owned()
}

/// A repository with a history: `develop` of two commits behind a merge, a pull request that stands on its last one and
/// one that stands on its first.
fn upstream(folder: &Path) -> PathBuf {
    let at = folder.join("upstream");
    sage_oci_files::create_dir_all(&at).unwrap();
    git(&at, &["init", "--quiet", "--initial-branch", "develop"]);
    let lines: String = (0..30).map(|number| format!("line {number}\n")).collect();
    write(&at, "src/a.py", &lines);
    write(&at, "win.bat", "one\ntwo\n");
    write(&at, "run.sh", "#!/bin/sh\n");
    write(&at, "export.txt", "$Format:%H$ $Id$\n");
    write(
        &at,
        ".gitattributes",
        "* text=auto eol=lf\n*.bat text eol=crlf\n.gitignore export-ignore\nexport.txt export-subst ident\n",
    );
    write(&at, ".gitignore", "*.o\n");
    write(&at, "kept.o", "in spite of it\n");
    sage_oci_files::symlink(".//src/../src/a.py", at.join("link")).unwrap();
    tool("chmod", |command| _ = command.arg("755").arg(at.join("run.sh")));
    git(&at, &["add", "--all"]);
    git(&at, &["add", "--force", "kept.o"]);
    git(&at, &["update-index", "--add", "--cacheinfo", &format!("160000,{ELSEWHERE},sub/module")]);
    git(&at, &["commit", "--quiet", "-m", "first"]);
    git(&at, &["checkout", "--quiet", "-b", "old"]);
    write(&at, "src/a.py", &lines.replace("line 2\n", "line two\n"));
    commit(&at, "stands on the first");
    git(&at, &["update-ref", "refs/pull/2/head", "HEAD"]);
    git(&at, &["checkout", "--quiet", "-B", "side", "develop"]);
    write(&at, "src/b.py", "side\n");
    commit(&at, "side");
    git(&at, &["checkout", "--quiet", "develop"]);
    write(&at, "src/a.py", &lines.replace("line 20\n", "line twenty\n"));
    commit(&at, "second");
    git(&at, &["merge", "--quiet", "--no-ff", "-m", "Merge side", "side"]);
    git(&at, &["checkout", "--quiet", "-b", "new"]);
    write(&at, "src/a.py", &lines.replace("line 20\n", "line twenty\nmore\n"));
    commit(&at, "stands on the last");
    git(&at, &["update-ref", "refs/pull/1/head", "HEAD"]);
    git(&at, &["checkout", "--quiet", "develop"]);
    git(&at, &["branch", "--quiet", "-D", "old", "new", "side"]);
    at
}

/// What the driver gives to the step: the files of a commit as a tar, its object, its submodules.
fn step(upstream: &Path, folder: &Path, revision: &str) -> CheckoutStep {
    let mut tree = SourceTree::default();
    let mut submodules = BTreeMap::new();
    for line in git(upstream, &["ls-tree", "-r", "-z", revision]).split_terminator('\0') {
        let (facts, path) = line.split_once('\t').unwrap();
        let [mode, _, id] = facts.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let kind = match mode {
            "100644" => FileKind::Regular,
            "100755" => FileKind::Executable,
            "120000" => FileKind::Symlink,
            _ => {
                submodules.insert(path.to_owned(), id.to_owned());
                continue;
            }
        };
        tree.files.insert(path.to_owned(), SourceFile { id: id.parse().unwrap(), kind });
    }
    let raw = |kind: &str, name: &str| {
        let output = ask(upstream, &["cat-file", kind, name]);
        assert!(output.status.success());
        output.stdout
    };
    let (tar, object) = (folder.join("tree.tar"), folder.join("commit"));
    let out = BufWriter::new(sage_oci_files::create(&tar).unwrap());
    write_files(&tree, |id| Ok(raw("blob", &id.to_string())), out).unwrap();
    sage_oci_files::write_atomic(&object, &raw("commit", revision)).unwrap();
    CheckoutStep {
        name: LayerName::parse("checkout").unwrap(),
        sealing: sealing(),
        tree: tar.to_str().unwrap().to_owned(),
        submodules,
        commit: object.to_str().unwrap().to_owned(),
        path: "/home/me/tool".to_owned(),
        owner: 1000,
        branch: Some("develop".to_owned()),
        origin: Some(format!("file://{}", upstream.display())),
        reference: Some("refs/heads/develop".to_owned()),
        contents: Vec::new(),
    }
}

/// Runs the step and unpacks its layer; where the tree lies.
fn lay_out(step: CheckoutStep, folder: &Path) -> PathBuf {
    let outputs = outputs(folder);
    run(Step::Checkout(step), &outputs, &scratch(folder), 2).unwrap();
    let root = folder.join("root");
    sage_oci_files::create_dir_all(&root).unwrap();
    tool("sh", |command| {
        let blob = outputs.out.join("blob");
        _ = command.arg("-c").arg("zstd -dc \"$0\" | tar -C \"$1\" --no-same-owner -xf -").arg(blob).arg(&root);
    });
    root.join("home/me/tool")
}

#[test]
fn the_commit_is_the_one_that_stands_elsewhere_and_nothing_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = upstream(folder.path());
    let tree = lay_out(step(&upstream, folder.path(), "develop"), folder.path());
    assert_eq!(git(&tree, &["status", "--porcelain"]), "");
    assert_eq!(git(&tree, &["status", "--short", "--branch"]), "## develop...origin/develop\n");
    assert_eq!(git(&tree, &["fsck", "--strict", "--full", "--no-progress"]), "");
    assert_eq!(git(&tree, &["rev-parse", "HEAD"]), git(&upstream, &["rev-parse", "HEAD"]));
    assert_eq!(git(&tree, &["cat-file", "commit", "HEAD"]), git(&upstream, &["cat-file", "commit", "HEAD"]));
    assert_eq!(git(&tree, &["ls-tree", "-r", "HEAD"]), git(&upstream, &["ls-tree", "-r", "HEAD"]));
    assert_eq!(git(&tree, &["log", "--format=%an %s"]), "Anne Merge side\n", "history ends here");
    assert_eq!(git(&tree, &["rev-parse", "--is-shallow-repository"]), "true\n");
    assert!(tree.join("sub/module").is_dir(), "a submodule is an empty folder");
    let bytes = |path: &str| sage_oci_files::read(tree.join(path)).unwrap();
    assert_eq!(bytes("win.bat"), b"one\ntwo\n", "a blob's bytes, whatever the attributes say");
    assert_eq!(bytes("export.txt"), b"$Format:%H$ $Id$\n");
    assert_eq!(std::fs::read_link(tree.join("link")).unwrap(), Path::new(".//src/../src/a.py"));
    write(&tree, "run.sh", "#!/bin/sh\nexit 1\n");
    assert_eq!(
        git(&tree, &["diff", "--stat", "--summary"]).lines().last(),
        Some(" mode change 100755 => 100644 run.sh")
    );
    let layer = contents(&outputs(folder.path()));
    let inside = layer.entries.iter().filter(|entry| entry.path.as_str().starts_with("home/me/tool"));
    assert!(inside.clone().count() > 20 && inside.clone().all(|entry| (entry.uid, entry.gid) == (1000, 1000)));
}

#[test]
fn what_comes_later_is_fetched_and_pull_requests_are_merged() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = upstream(folder.path());
    let tree = lay_out(step(&upstream, folder.path(), "develop"), folder.path());
    write(&upstream, "src/c.py", "later\n");
    let later = commit(&upstream, "later");
    git(&tree, &["fetch", "--quiet", "origin"]);
    assert_eq!(git(&tree, &["rev-parse", "origin/develop"]).trim(), later);
    git(&tree, &["pull", "--quiet", "--ff-only"]);
    assert_eq!(git(&tree, &["rev-parse", "HEAD"]).trim(), later);
    assert_eq!(
        git(&tree, &["log", "--format=%s"]),
        "later\nMerge side\n",
        "what is behind the commit was not asked for"
    );

    let since = git(&tree, &["diff", "--name-only", "refs/sage-oci/built"]);
    assert_eq!(since, "src/c.py\n", "what differs from what was built is known after HEAD has moved");

    git(&tree, &["fetch", "--quiet", "origin", "refs/pull/1/head"]);
    git(&tree, &["merge", "--quiet", "-m", "with 1", "FETCH_HEAD"]);
    assert!(String::from_utf8(sage_oci_files::read(tree.join("src/a.py")).unwrap()).unwrap().contains("more"));

    // What two branches have in common may lie behind the end of the history: then git wants more of it first.
    git(&tree, &["fetch", "--quiet", "origin", "refs/pull/2/head"]);
    assert!(!ask(&tree, &["merge", "--quiet", "-m", "with 2", "FETCH_HEAD"]).status.success());
    git(&tree, &["fetch", "--quiet", "--unshallow", "origin"]);
    git(&tree, &["fetch", "--quiet", "origin", "refs/pull/2/head"]);
    git(&tree, &["merge", "--quiet", "-m", "with 2", "FETCH_HEAD"]);
    let text = String::from_utf8(sage_oci_files::read(tree.join("src/a.py")).unwrap()).unwrap();
    assert!(["line two\n", "line twenty\n", "more\n"].iter().all(|line| text.contains(line)), "{text}");
    assert_eq!(git(&tree, &["status", "--porcelain"]), "");
    assert_eq!(git(&tree, &["fsck", "--strict", "--full", "--no-progress"]), "");
}

#[test]
fn a_first_commit_has_all_its_history_and_a_head_may_stand_apart() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = upstream(folder.path());
    let first = git(&upstream, &["rev-list", "--max-parents=0", "HEAD"]);
    let step = step(&upstream, folder.path(), first.trim());
    let tree = lay_out(CheckoutStep { branch: None, origin: None, reference: None, ..step }, folder.path());
    assert_eq!(git(&tree, &["rev-parse", "--is-shallow-repository"]), "false\n");
    assert_eq!(git(&tree, &["status", "--short", "--branch"]), "## HEAD (no branch)\n");
    assert_eq!(git(&tree, &["rev-parse", "HEAD"]), first);
    assert_eq!(git(&tree, &["remote"]), "");
    assert_eq!(git(&tree, &["for-each-ref", "--format=%(refname)"]), "refs/sage-oci/built\n");
    assert_eq!(git(&tree, &["fsck", "--strict", "--no-progress"]), "");
}

#[test]
fn a_branch_may_follow_a_pull_request() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = upstream(folder.path());
    let step = step(&upstream, folder.path(), "refs/pull/1/head");
    let (branch, reference) = (Some("pull/1#\"x".to_owned()), Some("refs/pull/1/head".to_owned()));
    let tree = lay_out(CheckoutStep { branch, reference, ..step }, folder.path());
    assert_eq!(git(&tree, &["branch", "--show-current"]), "pull/1#\"x\n");
    git(&tree, &["pull", "--quiet"]);
    git(&upstream, &["checkout", "--quiet", "--detach", "refs/pull/1/head"]);
    write(&upstream, "src/d.py", "review\n");
    let reviewed = commit(&upstream, "after review");
    git(&upstream, &["update-ref", "refs/pull/1/head", "HEAD"]);
    git(&tree, &["pull", "--quiet", "--ff-only"]);
    assert_eq!(git(&tree, &["rev-parse", "HEAD"]).trim(), reviewed);
}

#[test]
fn a_tree_that_is_not_the_commits_is_refused_by_both_names() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = upstream(folder.path());
    let good = step(&upstream, folder.path(), "develop");
    let refuse = |step: CheckoutStep| {
        let outputs = outputs(folder.path());
        let error = run(Step::Checkout(step), &outputs, &scratch(folder.path()), 1).unwrap_err();
        assert!(!outputs.out.exists());
        match error {
            StepError::Repository { source, .. } => source.to_string(),
            other => other.to_string(),
        }
    };
    let lost = refuse(CheckoutStep { submodules: BTreeMap::new(), ..good.clone() });
    let expected = git(&upstream, &["rev-parse", "develop^{tree}"]);
    assert!(lost.ends_with(&format!("holds the tree {}", expected.trim())), "{lost}");
    assert!(lost.contains(git(&upstream, &["rev-parse", "develop"]).trim()), "{lost}");
    let branch = refuse(CheckoutStep { branch: Some("a..b".to_owned()), ..good.clone() });
    assert!(branch.contains("`refs/heads/a..b`"), "{branch}");
    let origin = refuse(CheckoutStep { origin: Some("a\n[alias]".to_owned()), ..good.clone() });
    assert!(origin.contains("a\\n[alias]"), "{origin}");
    refuse(CheckoutStep { origin: None, ..good.clone() });
    write(folder.path(), "commit", "no commit");
    assert_eq!(refuse(good), "this is no commit of git: its first line names no tree");
}
