//! Laws of merging, for any trees.

use proptest::prelude::*;
use sage_oci_source::{BlobId, FileKind, Merge, Merged, Outcome, SourceFile, SourceTree, merge};
use std::collections::BTreeMap;
use std::convert::Infallible;

type Contents = BTreeMap<String, (Vec<u8>, FileKind)>;

/// A few files of a few lines, some without a last line's end and some not in UTF-8.
fn contents() -> impl Strategy<Value = Contents> {
    let line = prop_oneof![
        Just(&b"a\n"[..]),
        Just(&b"b\n"[..]),
        Just(&b"c\xff\n"[..]),
        Just(&b"<<<<<<< ours\n"[..]),
        Just(&b"=======\n"[..]),
        Just(&b"d"[..]),
    ];
    let content = proptest::collection::vec(line, 0..8).prop_map(|lines| lines.concat());
    let kind = prop_oneof![8 => Just(FileKind::Regular), 1 => Just(FileKind::Executable), 1 => Just(FileKind::Symlink)];
    let path = proptest::sample::select(vec!["a", "b", "c/d", "c/e", "f"]).prop_map(str::to_owned);
    proptest::collection::btree_map(path, (content, kind), 0..5)
}

fn tree(contents: &Contents) -> SourceTree {
    let file = |(path, (content, kind)): (&String, &(Vec<u8>, FileKind))| {
        (path.clone(), SourceFile { id: BlobId::of(content), kind: *kind })
    };
    SourceTree { files: contents.iter().map(file).collect() }
}

fn merged(base: &Contents, ours: &Contents, theirs: &Contents) -> Merged {
    let all = [base, ours, theirs].into_iter().flat_map(|contents| contents.values());
    let known: BTreeMap<BlobId, &Vec<u8>> = all.map(|(content, _)| (BlobId::of(content), content)).collect();
    let [base, ours, theirs] = [base, ours, theirs].map(tree);
    let read = |id| Ok::<_, Infallible>(known[&id].clone());
    let Ok(merged) = merge(Merge { base: &base, ours: &ours, theirs: &theirs }, read);
    for (id, text) in &merged.texts {
        assert_eq!(*id, BlobId::of(text));
    }
    for file in merged.tree.files.values() {
        assert!(merged.texts.contains_key(&file.id) || known.contains_key(&file.id));
    }
    merged
}

fn ids(tree: &SourceTree) -> BTreeMap<&String, (BlobId, bool)> {
    tree.files.iter().map(|(path, file)| (path, (file.id, file.kind == FileKind::Symlink))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_release_itself_becomes_ours_laid_over_it(base in contents(), ours in contents()) {
        let laid = tree(&base.clone().into_iter().chain(ours.clone()).collect());
        let merged = merged(&base, &ours, &base);
        prop_assert_eq!(ids(&merged.tree), ids(&laid));
        prop_assert!(merged.texts.is_empty());
        prop_assert!(merged.notes.iter().all(|note| note.outcome == Outcome::Kept));
    }

    #[test]
    fn without_a_change_of_ours_it_is_theirs(base in contents(), theirs in contents()) {
        for ours in [&base, &Contents::new()] {
            let merged = merged(&base, ours, &theirs);
            prop_assert_eq!(&merged.tree, &tree(&theirs));
            prop_assert!(merged.notes.is_empty() && merged.texts.is_empty());
        }
    }

    #[test]
    fn the_same_change_is_made_once(base in contents(), change in contents()) {
        let merged = merged(&base, &change, &change);
        prop_assert_eq!(&merged.tree, &tree(&change));
        prop_assert!(merged.notes.iter().all(|note| note.outcome == Outcome::Same));
    }

    #[test]
    fn every_file_of_theirs_is_there_and_no_file_of_nobody(base in contents(), ours in contents(), theirs in contents()) {
        let first = merged(&base, &ours, &theirs);
        prop_assert!(theirs.keys().all(|path| first.tree.files.contains_key(path)));
        prop_assert!(first.tree.files.keys().all(|path| theirs.contains_key(path) || !base.contains_key(path) && ours.contains_key(path)));
        let whole = tree(&theirs);
        for note in &first.notes {
            if matches!(note.outcome, Outcome::Conflict { .. } | Outcome::Binary | Outcome::Link) {
                prop_assert_eq!(first.tree.files.get(&note.path), whole.files.get(&note.path));
            }
            if let Outcome::Conflict { hunks } = &note.outcome {
                prop_assert!(!hunks.is_empty() && hunks.iter().all(|hunk| hunk.ours != hunk.theirs));
            }
        }
        prop_assert_eq!(first, merged(&base, &ours, &theirs));
    }

    #[test]
    fn who_is_called_ours_does_not_decide_what_goes_together(base in contents(), ours in contents(), theirs in contents()) {
        let clean = |merged: &Merged| -> BTreeMap<String, BlobId> {
            let merges = merged.notes.iter().filter(|note| note.outcome == Outcome::Merged);
            merges.map(|note| (note.path.clone(), merged.tree.files[&note.path].id)).collect()
        };
        prop_assert_eq!(clean(&merged(&base, &ours, &theirs)), clean(&merged(&base, &theirs, &ours)));
    }
}
