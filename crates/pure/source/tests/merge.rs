//! What becomes of each file when a packaged release's changes are laid on a commit.

use sage_oci_source::{BlobId, FileKind, Hunk, Merge, Merged, Outcome, SourceFile, SourceTree, merge};
use std::collections::BTreeMap;

/// Trees whose contents are known by their names.
#[derive(Default)]
struct Trees {
    contents: BTreeMap<BlobId, Vec<u8>>,
    trees: [SourceTree; 3],
}

impl Trees {
    /// A file as each of base, ours and theirs has it; a link's target begins with `->`, a program with `#!`.
    fn with(mut self, path: &str, versions: [Option<&str>; 3]) -> Self {
        for (tree, content) in self.trees.iter_mut().zip(versions) {
            if let Some(content) = content {
                let kind = match content.as_bytes() {
                    [b'-', b'>', ..] => FileKind::Symlink,
                    [b'#', b'!', ..] => FileKind::Executable,
                    _ => FileKind::Regular,
                };
                let id = BlobId::of(content.as_bytes());
                self.contents.insert(id, content.into());
                tree.files.insert(path.to_owned(), SourceFile { id, kind });
            }
        }
        self
    }

    fn merged(&self) -> Merged {
        let [base, ours, theirs] = &self.trees;
        merge(Merge { base, ours, theirs }, |id| self.contents.get(&id).cloned().ok_or(id)).unwrap()
    }
}

/// What one file's versions become, and what is said about it.
fn file(base: Option<&str>, ours: Option<&str>, theirs: Option<&str>) -> (Option<String>, Option<Outcome>) {
    let trees = Trees::default().with("a/b", [base, ours, theirs]);
    let mut merged = trees.merged();
    assert!(merged.tree.files.len() <= 1 && merged.notes.len() <= 1);
    let content = merged.tree.files.get("a/b").map(|file| {
        let content = merged.texts.get(&file.id).or_else(|| trees.contents.get(&file.id)).unwrap();
        String::from_utf8(content.clone()).unwrap()
    });
    (content, merged.notes.pop().map(|note| note.outcome))
}

#[test]
fn what_ours_left_alone_is_theirs() {
    assert_eq!(file(Some("1"), None, Some("2")), (Some("2".into()), None));
    assert_eq!(file(Some("1"), Some("1"), Some("2")), (Some("2".into()), None));
    assert_eq!(file(Some("1"), Some("1"), None), (None, None));
    assert_eq!(file(Some("1"), None, None), (None, None));
    assert_eq!(file(None, None, Some("2")), (Some("2".into()), None));
    assert_eq!(file(Some("1"), None, Some("1")), (Some("1".into()), None));
}

#[test]
fn what_theirs_left_alone_is_ours() {
    assert_eq!(file(Some("1"), Some("2"), Some("1")), (Some("2".into()), Some(Outcome::Kept)));
    assert_eq!(file(None, Some("2"), None), (Some("2".into()), Some(Outcome::Kept)));
    assert_eq!(file(Some("1"), Some("->2"), Some("1")), (Some("->2".into()), Some(Outcome::Kept)));
}

#[test]
fn what_both_changed() {
    assert_eq!(file(Some("1"), Some("2"), Some("2")), (Some("2".into()), Some(Outcome::Same)));
    assert_eq!(file(None, Some("2"), Some("2")), (Some("2".into()), Some(Outcome::Same)));
    let both = file(Some("1\n2\n3\n"), Some("one\n2\n3\n"), Some("1\n2\nthree\n"));
    assert_eq!(both, (Some("one\n2\nthree\n".into()), Some(Outcome::Merged)));
}

#[test]
fn a_conflict_takes_theirs_for_the_whole_file() {
    let (content, outcome) = file(Some("1\n2\n3\n"), Some("one\n2\nIII\n"), Some("1\n2\nthree\n"));
    assert_eq!(content.as_deref(), Some("1\n2\nthree\n"));
    let hunk = Hunk { base: "3\n".into(), ours: "III\n".into(), theirs: "three\n".into() };
    assert_eq!(outcome, Some(Outcome::Conflict { hunks: vec![hunk] }));
    let (content, outcome) = file(None, Some("2\n"), Some("3\n"));
    assert_eq!(content.as_deref(), Some("3\n"));
    assert!(matches!(outcome, Some(Outcome::Conflict { hunks }) if hunks[0].ours == "2\n"));
}

#[test]
fn what_is_no_text_is_theirs() {
    assert_eq!(file(Some("1"), Some("2\0"), Some("3")), (Some("3".into()), Some(Outcome::Binary)));
    assert_eq!(file(Some("1"), Some("->2"), Some("3")), (Some("3".into()), Some(Outcome::Link)));
    assert_eq!(file(Some("->1"), Some("->2"), Some("->3")), (Some("->3".into()), Some(Outcome::Link)));
}

#[test]
fn what_theirs_deleted_is_gone() {
    assert_eq!(file(Some("1"), Some("2"), None), (None, Some(Outcome::Removed)));
}

#[test]
fn a_file_of_ours_alone_makes_room() {
    for (path, theirs) in [("a", "a/b"), ("a/b", "a"), ("a/b/c", "a")] {
        let trees = Trees::default().with(path, [None, Some("1"), None]).with(theirs, [None, None, Some("2")]);
        let merged = trees.merged();
        assert_eq!(merged.tree, trees.trees[2], "{path}");
        assert_eq!(merged.notes[0].outcome, Outcome::Removed, "{path}");
    }
}

#[test]
fn who_may_execute_a_file_is_theirs_to_say() {
    let trees = Trees::default().with("a", [Some("#!1\n2\n3\n"), Some("#!1\n2\n4\n"), Some("#!0\n2\n3\n")]);
    let kinds = |kinds: [FileKind; 3]| {
        let mut trees = Trees { trees: trees.trees.clone(), contents: trees.contents.clone() };
        for (tree, kind) in trees.trees.iter_mut().zip(kinds) {
            tree.files.get_mut("a").unwrap().kind = kind;
        }
        trees.merged().tree.files["a"].kind
    };
    use FileKind::{Executable, Regular};
    assert_eq!(kinds([Executable, Regular, Executable]), Executable);
    assert_eq!(kinds([Executable, Regular, Regular]), Regular);
    // A packaging tool's mode is no change.
    let packaged = Trees::default().with("a", [Some("#!1"), Some("#!1"), Some("#!1")]);
    let mut ours = packaged.trees[1].clone();
    ours.files.get_mut("a").unwrap().kind = Regular;
    let merged = Trees { trees: [packaged.trees[0].clone(), ours, packaged.trees[2].clone()], ..packaged }.merged();
    assert_eq!((merged.tree.files["a"].kind, merged.notes.len()), (Executable, 0));
}

#[test]
fn only_what_both_changed_is_read() {
    let trees = Trees::default()
        .with("kept", [Some("1"), Some("2"), Some("1")])
        .with("same", [Some("1"), Some("2"), Some("2")])
        .with("theirs", [Some("1"), None, Some("3")])
        .with("gone", [Some("1"), Some("2"), None]);
    let [base, ours, theirs] = &trees.trees;
    let merged = merge(Merge { base, ours, theirs }, Err::<Vec<u8>, _>);
    assert_eq!(merged.unwrap().notes.len(), 3);
    let trees = trees.with("both", [Some("1"), Some("2"), Some("3")]);
    let [base, ours, theirs] = &trees.trees;
    assert_eq!(merge(Merge { base, ours, theirs }, Err::<Vec<u8>, _>), Err(BlobId::of(b"1")));
}
