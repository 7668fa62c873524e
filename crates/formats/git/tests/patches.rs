//! Patches, held to what `git apply` makes of them; and each way in which one is refused, with its words.

#![expect(clippy::disallowed_methods, reason = "a test's own files in a temporary folder")]

use proptest::prelude::*;
use sage_oci_git::{PatchError, apply, parse_patch};
use std::collections::BTreeMap;
use std::process::{Command, Output};

type Tree = BTreeMap<String, String>;

fn ours(patch: &str, before: &Tree) -> Result<Tree, PatchError> {
    let mut after = before.clone();
    for (path, content) in apply(patch, |path| before.get(path).map(|text| text.clone().into_bytes()))? {
        match content {
            Some(bytes) => _ = after.insert(path, String::from_utf8(bytes).unwrap()),
            None => _ = after.remove(&path),
        }
    }
    Ok(after)
}

fn git(folder: &std::path::Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap())
        .output()
        .expect("this test needs `git`: apt-get install git")
}

/// What `git apply` makes of a tree; `None` where it refuses.
fn theirs(patch: &str, before: &Tree) -> Option<Tree> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in before {
        std::fs::write(folder.path().join(path), text).unwrap();
    }
    let file = folder.path().join("the.patch");
    std::fs::write(&file, patch).unwrap();
    let output = git(folder.path(), &["apply", "--unidiff-zero", "--whitespace=nowarn", "the.patch"]);
    std::fs::remove_file(file).unwrap();
    output.status.success().then(|| {
        let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap());
        files
            .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap()))
            .collect()
    })
}

/// The patch that `git diff` writes between two trees.
fn diff(before: &Tree, after: &Tree, context: usize) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (side, tree) in [("a", before), ("b", after)] {
        std::fs::create_dir_all(folder.path().join(side)).unwrap();
        for (path, text) in tree {
            std::fs::write(folder.path().join(side).join(path), text).unwrap();
        }
    }
    let context = format!("--unified={context}");
    let output = git(folder.path(), &["diff", "--no-index", "--no-prefix", "--no-renames", &context, "a", "b"]);
    String::from_utf8(output.stdout).unwrap()
}

fn tree(files: &[(&str, &str)]) -> Tree {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

#[track_caller]
fn same(patch: &str, before: &[(&str, &str)], after: &[(&str, &str)]) {
    let (before, after) = (tree(before), tree(after));
    assert_eq!(theirs(patch, &before).as_ref(), Some(&after), "git, of:\n{patch}");
    assert_eq!(ours(patch, &before).as_ref(), Ok(&after), "of:\n{patch}");
}

#[test]
fn several_files_and_hunks() {
    let patch = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-1\n+one\n 2\n@@ -4,2 +4,3 @@ three\n 4\n+4.5\n 5\n\
                 --- a/y\t2020-01-01\n+++ b/y\t2020-01-02\n@@ -1 +1 @@\n-a\n+b\n";
    let before = [("x", "1\n2\n3\n4\n5\n6\n"), ("y", "a\n"), ("z", "z\n")];
    same(patch, &before, &[("x", "one\n2\n3\n4\n4.5\n5\n6\n"), ("y", "b\n"), ("z", "z\n")]);
}

#[test]
fn lines_are_added_before_the_first_and_after_the_last() {
    let before = [("x", "1\n2\n")];
    same("--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+0\n", &before, &[("x", "0\n1\n2\n")]);
    same("--- a/x\n+++ b/x\n@@ -2,0 +3 @@\n+3\n", &before, &[("x", "1\n2\n3\n")]);
    same("--- a/x\n+++ b/x\n@@ -1,0 +2 @@\n+1.5\n", &before, &[("x", "1\n1.5\n2\n")]);
    same("--- a/x\n+++ b/x\n@@ -1,2 +0,0 @@\n-1\n-2\n", &before, &[("x", "")]);
}

#[test]
fn lines_that_look_like_marks_are_text() {
    let before = [("x", "-- a/x\n@@ -1 +1 @@\n++ b\n")];
    let patch = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n--- a/x\n+-- a/y\n @@ -1 +1 @@\n-++ b\n+++ c\n";
    same(patch, &before, &[("x", "-- a/y\n@@ -1 +1 @@\n++ c\n")]);
}

#[test]
fn last_lines_come_and_lose_their_ends() {
    let none = "\\ No newline at end of file\n";
    same(&format!("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n{none}+1\n"), &[("x", "1")], &[("x", "1\n")]);
    same(&format!("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+1\n{none}"), &[("x", "1\n")], &[("x", "1")]);
    same(&format!("--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n+0\n 1\n{none}"), &[("x", "1")], &[("x", "0\n1")]);
}

#[test]
fn files_come_and_go() {
    let new = "--- /dev/null\n+++ b/n\n@@ -0,0 +1,2 @@\n+1\n+2\n";
    same(new, &[("x", "x\n")], &[("n", "1\n2\n"), ("x", "x\n")]);
    let gone = "--- a/n\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-1\n-2\n";
    same(gone, &[("n", "1\n2\n"), ("x", "x\n")], &[("x", "x\n")]);
    // One patch may make a file and change it.
    let both = format!("{new}--- a/n\n+++ b/n\n@@ -2 +2 @@\n-2\n+two\n");
    assert_eq!(ours(&both, &Tree::new()), Ok(tree(&[("n", "1\ntwo\n")])));
    let gone_twice = format!("{gone}{gone}");
    let presence = PatchError::Presence { path: "n".to_owned(), present: true };
    assert_eq!(ours(&gone_twice, &tree(&[("n", "1\n2\n")])), Err(presence));
}

#[test]
fn what_does_not_fit_is_refused_with_its_words() {
    let before = [("x", "1\n2\n3\n"), ("cut", "1")];
    let head = "--- a/x\n+++ b/x\n";
    for (patch, words) in [
        (format!("{head}@@ -2 +2 @@\n-1\n+one\n"), "`x`, line 2: the patch expects `1`, the file has `2`"),
        (format!("{head}@@ -3,2 +3 @@\n 3\n-4\n"), "`x`, line 4: the patch expects `4`, the file has ``"),
        (format!("{head}@@ -9,0 +10 @@\n+9\n"), "`x`, line 9: the patch expects `a line`, the file has ``"),
        (
            format!("{head}@@ -3 +3 @@\n-3\n+c\n@@ -1 +1 @@\n-1\n+a\n"),
            "line 1 of the patch: the hunks of `x` are out of order",
        ),
        ("--- a/y\n+++ b/y\n@@ -1 +1 @@\n-1\n+2\n".to_owned(), "the patch wants `y` to be there"),
        ("--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+1\n".to_owned(), "the patch wants `x` to be new"),
        (
            "--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n".to_owned(),
            "`x`, line 1: the patch expects `nothing`, the file has `2\n3`",
        ),
        (
            format!("{head}@@ -1,2 +1,3 @@\n 1\n+1.5\n\\ No newline at end of file\n 2\n"),
            "`x`, line 2: the patch expects `the last line`, the file has `1.5`",
        ),
        (
            "--- a/cut\n+++ b/cut\n@@ -1,0 +2 @@\n+2\n".to_owned(),
            "`cut`, line 1: the patch expects `the last line`, the file has `1`",
        ),
    ] {
        assert_eq!(ours(&patch, &tree(&before)).unwrap_err().to_string(), words, "{patch}");
    }
}

#[test]
fn what_is_not_understood_is_refused_with_its_line() {
    let head = "--- a/x\n+++ b/x\n";
    for (patch, words) in [
        ("", "line 1 of the patch: there is no file in it"),
        ("only words\n", "line 1 of the patch: there is no file in it"),
        (head, "line 1 of the patch: nothing happens to `x`"),
        ("--- x\n+++ x\n@@ -1 +1 @@\n-1\n+2\n", "line 1 of the patch: a path must begin with `a/` or `b/`"),
        (
            "--- a/x\n+++ b/y\n@@ -1 +1 @@\n-1\n+2\n",
            "line 1 of the patch: its two paths differ, and renames are not supported",
        ),
        ("@@ -1 +1 @@\n-1\n+2\n", "line 1 of the patch: a hunk without a file"),
        ("--- a/x\n+++ b/x\n@@ -1 1 @@\n", "line 3 of the patch: its numbers cannot be read"),
        ("--- a/x\n+++ b/x\n@@ -a +1 @@\n", "line 3 of the patch: its numbers cannot be read"),
        ("--- a/x\n+++ b/x\n@@ -1,x +1 @@\n", "line 3 of the patch: its numbers cannot be read"),
        ("--- a/x\n+++ b/x\n@@ -1 +1,99999999999999999999 @@\n", "line 3 of the patch: its numbers cannot be read"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 \n", "line 3 of the patch: its numbers cannot be read"),
        ("--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-1\n+2\n", "line 3 of the patch: the hunk ends early"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n1\n", "line 4 of the patch: a hunk's line has no mark"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\né\n", "line 4 of the patch: a hunk's line has no mark"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n+3\n", "line 6 of the patch: the hunk is longer than its numbers say"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n-3\n", "line 6 of the patch: the hunk is longer than its numbers say"),
        (
            "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n\\ Kein\n",
            "line 6 of the patch: the hunk is longer than its numbers say",
        ),
        ("rename from x\nrename to y\n", "line 1 of the patch: binary parts, renames and copies are not supported"),
        ("words\ncopy from x\n", "line 2 of the patch: binary parts, renames and copies are not supported"),
        ("GIT binary patch\n", "line 1 of the patch: binary parts, renames and copies are not supported"),
        ("old mode 100644\nnew mode 100755\n", "line 2 of the patch: changes of a file's mode are not supported"),
        (
            "new file mode 100755\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+1\n",
            "line 1 of the patch: changes of a file's mode are not supported",
        ),
        (
            "new file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+1\n",
            "line 1 of the patch: changes of a file's mode are not supported",
        ),
    ] {
        assert_eq!(parse_patch(patch).unwrap_err().to_string(), words, "{patch}");
    }
    // The header is for people: words that begin like git's own lines are no commands.
    let plain = format!("new mode for old files\nnew file mode 100644\n{head}@@ -1 +1 @@\n-1\n+2\n");
    assert_eq!(parse_patch(&plain).unwrap().len(), 1);
}

#[test]
fn the_signature_of_a_mail_is_no_line_of_the_patch() {
    let patch = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n-- \n2.39.5\n\n";
    same(patch, &[("x", "1\n")], &[("x", "2\n")]);
}

#[test]
fn the_patches_of_the_images_are_read() {
    macro_rules! patch {
        ($name:literal) => {
            include_str!(concat!("../../../../nix/images/files/", $name))
        };
    }
    for (patch, files) in [
        (patch!("notebook-7.4.7-colours.patch"), 1),
        (patch!("notebook-7.4.7-disposed-cells.patch"), 1),
        (patch!("notebook-7.4.7-disposed-session.patch"), 1),
        (patch!("sage-10.10-debian-ecl.patch"), 1),
        (patch!("sage-9.5-python-3.11.patch"), 1),
    ] {
        assert_eq!(parse_patch(patch).unwrap().len(), files, "{patch}");
    }
}

#[test]
fn what_a_patch_says_of_its_files() {
    let files =
        parse_patch("--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+1\n--- a/g\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n").unwrap();
    let said: Vec<_> = files.iter().map(|file| (file.path.as_str(), file.creates, file.deletes)).collect();
    assert_eq!(said, [("n", true, false), ("g", false, true)]);
}

fn text() -> impl Strategy<Value = String> {
    (proptest::collection::vec("[-+ @ab]{0,3}", 0..12), any::<bool>()).prop_map(|(lines, cut)| {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        if cut { text.trim_end_matches('\n').to_owned() } else { text }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// The law: what `git diff` says of two trees makes the second of the first.
    #[test]
    fn a_diff_leads_from_one_tree_to_the_other(
        x in (text(), text()), y in (text(), text()), new in text(), gone in text(), context in 0_usize..4,
    ) {
        let (new, gone) = (format!("{new}1"), format!("{gone}1"));
        let before = tree(&[("x", x.0.as_str()), ("y", y.0.as_str()), ("gone", gone.as_str())]);
        let after = tree(&[("x", x.1.as_str()), ("y", y.1.as_str()), ("new", new.as_str())]);
        let patch = diff(&before, &after, context);
        prop_assert_eq!(ours(&patch, &before), Ok(after), "{}", patch);
    }

    /// Outside bytes: any change of a patch is an answer or an error, and what we take git takes, with the same result.
    #[test]
    fn a_changed_patch_is_refused_or_does_what_git_does(
        x in (text(), text()), at in any::<prop::sample::Index>(), what in "[-+ @a\\\\\n0-9]",
    ) {
        let (before, after) = (tree(&[("x", x.0.as_str())]), tree(&[("x", x.1.as_str())]));
        let patch = diff(&before, &after, 1);
        let hunks = patch.find("@@").unwrap_or(patch.len());
        prop_assume!(hunks < patch.len());
        let at = hunks + at.index(patch.len() - hunks);
        let changed = format!("{}{what}{}", &patch[..at], &patch[at + 1..]);
        if let (Ok(ours), Some(theirs)) = (ours(&changed, &before), theirs(&changed, &before)) {
            prop_assert_eq!(ours, theirs, "{}", changed);
        }
    }
}
