use crate::make::{Item, Tar, image};
use proptest::prelude::*;
use sage_oci_delta::{Alignment, Delta, Facts, FlatTree, stack};
use sage_oci_flat::{Compared, FlatError, Side, Walked, compare, read_layer, walk};
use sage_oci_image::{Image, MemoryImage, digest_of};
use sage_oci_tree::ImagePath;
use std::collections::{BTreeMap, BTreeSet};

const NAMES: [&str; 5] = ["one", "two", "three", "four", "five"];

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        4 => (0..3_u8).prop_map(|byte| Item::File(vec![byte; 3])),
        2 => prop_oneof![Just(0o755), Just(0o700)].prop_map(Item::Directory),
        1 => prop_oneof![Just("a"), Just("b")].prop_map(|target| Item::Symlink(target.to_owned())),
        2 => Just(Item::HardLink(String::new())),
        1 => Just(Item::Whiteout),
        1 => Just(Item::Opaque),
    ]
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a"),
        Just("b"),
        Just("c"),
        Just("a/x"),
        Just("a/y"),
        Just("a/z/q"),
        Just("b/x"),
        Just("b/z/q"),
        Just("a/z")
    ]
    .prop_map(str::to_owned)
}

/// A layer that an engine would take: nothing lies below what is no directory, hard links name earlier files, no path comes twice.
fn layer() -> impl Strategy<Value = Tar> {
    prop::collection::btree_map(path(), (item(), any::<prop::sample::Index>()), 0..6).prop_map(|map| {
        let mut tar = Tar::default();
        let mut files: Vec<String> = Vec::new();
        let mut solid: BTreeSet<String> = BTreeSet::new();
        for (path, (item, which)) in map {
            let above = |path: &String| path.match_indices('/').any(|(at, _)| solid.contains(&path[..at]));
            if above(&path) {
                continue;
            }
            let item = match item {
                Item::HardLink(_) if files.is_empty() => continue,
                Item::HardLink(_) => Item::HardLink(which.get(&files).clone()),
                item => item,
            };
            if matches!(item, Item::File(_)) {
                files.push(path.clone());
            }
            if !matches!(item, Item::Directory(_) | Item::Opaque) {
                solid.insert(path.clone());
            }
            tar = tar.with(&path, item);
        }
        tar
    })
}

fn pool() -> impl Strategy<Value = (Vec<Tar>, Vec<usize>, Vec<usize>)> {
    let sequence = || prop::collection::vec(0..5_usize, 1..5);
    (prop::collection::vec(layer(), 5), sequence(), sequence())
}

fn made(pool: &[Tar], sequence: &[usize]) -> (MemoryImage, Image) {
    image(&sequence.iter().map(|at| (NAMES[*at], &pool[*at])).collect::<Vec<_>>())
}

fn facts(tree: &FlatTree) -> BTreeMap<ImagePath, Facts> {
    tree.nodes.iter().map(|(path, node)| (path.clone(), node.facts.clone())).collect()
}

fn whole(source: &MemoryImage, image: &Image) -> FlatTree {
    let read = |layer| read_layer::<FlatError>(source, layer, &|_| true, |_, _| Ok(())).unwrap().layer;
    let layers: Vec<_> = image.layers.iter().map(read).collect();
    stack(layers.iter().map(Some))
}

fn compared(first: &(MemoryImage, Image), second: &(MemoryImage, Image), threads: usize) -> Compared {
    let side = |(source, image): &'_ (MemoryImage, Image)| (source.clone(), image.clone());
    let (first, second) = (side(first), side(second));
    let sides = [Side { source: &first.0, image: &first.1 }, Side { source: &second.0, image: &second.1 }];
    compare(sides, 0, threads).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// What is read is enough: the answer is that of reading all of both.
    #[test]
    fn a_comparison_says_what_two_whole_trees_say((pool, first, second) in pool()) {
        let (first, second) = (made(&pool, &first), made(&pool, &second));
        let (old, new) = (whole(&first.0, &first.1), whole(&second.0, &second.1));
        let expected = Delta::between(&old, &new, |_, _| true);
        let found = compared(&first, &second, 2);
        prop_assert_eq!(&found.delta.changes, &expected.changes);

        let mut applied = facts(&old);
        found.delta.apply(&mut applied);
        prop_assert_eq!(same(&applied), same(&facts(&new)));

        let mirrored = compared(&second, &first, 1).delta;
        prop_assert_eq!(mirrored, found.delta.mirror());
    }

    /// An image is equal to itself, and to one that has the same layers and further ones that say nothing.
    #[test]
    fn equal_trees_have_no_difference((pool, first, _) in pool()) {
        let first = made(&pool, &first);
        let delta = compared(&first, &first, 1);
        prop_assert_eq!((delta.delta, delta.read), (Delta::default(), 0));
        let tree = whole(&first.0, &first.1);
        prop_assert_eq!(Delta::between(&tree, &tree, |_, _| true), Delta::default());
    }

    /// A walk finds the same tree, and shows each file that can be seen once.
    #[test]
    fn a_walk_sees_what_can_be_seen((pool, first, _) in pool()) {
        let (source, image) = made(&pool, &first);
        let mut seen = Vec::new();
        let Walked { tree, .. } = walk::<FlatError>(&source, &image, |entry, body| {
            let mut bytes = Vec::new();
            body.read_to_end(&mut bytes).unwrap();
            seen.push((entry.path.clone(), digest_of(&bytes).sha256()));
            Ok(())
        }).unwrap();
        let expected = whole(&source, &image);
        prop_assert_eq!(facts(&tree), facts(&expected));
        let files: BTreeSet<_> = tree.nodes.iter().filter_map(|(path, node)| Some((path, node.facts.sha256()?))).collect();
        for (path, digest) in &seen {
            prop_assert!(files.contains(&(path, *digest)), "{path} cannot be seen");
        }
        let contents: BTreeSet<_> = seen.iter().map(|(_, digest)| *digest).collect();
        for (path, digest) in files {
            prop_assert!(contents.contains(&digest), "{path} was not shown");
        }
        let names: BTreeSet<_> = seen.iter().map(|(path, _)| path).collect();
        prop_assert_eq!(names.len(), seen.len(), "one was shown twice");
    }
}

/// A directory of which nothing is said is one like any other.
fn same(facts: &BTreeMap<ImagePath, Facts>) -> BTreeMap<ImagePath, Facts> {
    let plain = |facts: &Facts| match facts.what.is_directory() {
        true => Facts { what: sage_oci_delta::What::Directory, mtime: 0, ..facts.clone() },
        false => facts.clone(),
    };
    facts.iter().map(|(path, facts)| (path.clone(), plain(facts))).collect()
}

#[test]
fn layers_above_what_differs_are_all_that_is_read() {
    let big = Tar::default().file("base", &"x".repeat(100_000));
    let (old, new) = (Tar::default().file("p", "1"), Tar::default().file("p", "2"));
    let top = Tar::default().file("top", "t");
    // dpkg's record is looked for, too, and settles what is below it.
    let status = Tar::default().file("var/lib/dpkg/status", "Package: a\n");
    let first = image(&[("base", &big), ("own", &old), ("dpkg", &status), ("top", &top)]);
    let second = image(&[("base", &big), ("own", &new), ("dpkg", &status), ("top", &top)]);
    let found = compared(&first, &second, 1);
    assert_eq!(found.delta.changes.len(), 1);
    assert!(found.read < 10_000, "{} bytes were read", found.read);
    assert!(Alignment::of(&[], &[]).is_equal());
}
