//! What other programs that compare images are known to miss.

use crate::make::{Item, Tar, image};
use sage_oci_delta::{Aspect, Change, Delta};
use sage_oci_flat::{Bodies, Side, compare};
use sage_oci_image::{Image, MemoryImage};

fn delta(first: &[(&str, &Tar)], second: &[(&str, &Tar)]) -> Delta {
    let (first, second): ((MemoryImage, Image), (MemoryImage, Image)) = (image(first), image(second));
    let sides = [Side { source: &first.0, image: &first.1 }, Side { source: &second.0, image: &second.1 }];
    compare(sides, 0, 2).unwrap().delta
}

fn told(delta: &Delta) -> Vec<String> {
    let word = |change: &Change| match (&change.old, &change.new) {
        (None, _) => format!("+{}", change.path),
        (_, None) => format!("-{}", change.path),
        _ => {
            let aspects: Vec<&str> = change.aspects().into_iter().map(Aspect::name).collect();
            format!("~{} {}", change.path, aspects.join(","))
        }
    };
    delta.changes.iter().map(word).collect()
}

#[test]
fn the_same_size_with_other_content() {
    let (old, new) = (Tar::default().file("a", "one"), Tar::default().file("a", "two"));
    assert_eq!(told(&delta(&[("x", &old)], &[("x", &new)])), ["~a content"]);
}

#[test]
fn another_number_of_layers_is_no_difference() {
    let (a, b) = (Tar::default().file("a", "1"), Tar::default().file("b", "1"));
    let both = Tar::default().file("a", "1").file("b", "1");
    let delta = delta(&[("x", &a), ("y", &b)], &[("z", &both)]);
    assert!(delta.is_empty());
    let moved: Vec<&str> = delta.moves.iter().map(|moved| moved.path.as_str()).collect();
    assert_eq!(moved, ["a", "b"], "it is told apart");
}

#[test]
fn extended_attributes_and_hard_links() {
    let file = || Item::File(b"1".to_vec());
    let mut with = Tar::default();
    with.0.push(("a".to_owned(), file(), [("security.capability".to_owned(), "x".to_owned())].into()));
    assert_eq!(told(&delta(&[("x", &Tar::default().with("a", file()))], &[("x", &with)])), ["~a xattr"]);
    let linked = Tar::default().file("a", "1").with("b", Item::HardLink("a".to_owned()));
    let copied = Tar::default().file("a", "1").file("b", "1");
    assert_eq!(told(&delta(&[("x", &copied)], &[("x", &linked)])), ["~a hard link", "~b hard link"]);
    // Which of the names the archive has first says nothing.
    let turned = Tar::default().file("b", "1").with("a", Item::HardLink("b".to_owned()));
    assert!(delta(&[("x", &turned)], &[("x", &linked)]).is_empty());
}

#[test]
fn removals_plain_and_opaque() {
    let base = Tar::default().file("d/a", "1").file("d/b", "1").file("e", "1");
    let plain = Tar::default().with("d/a", Item::Whiteout).with("e", Item::Whiteout);
    let opaque = Tar::default().with("d", Item::Opaque).file("d/c", "1");
    let of = |top: &Tar| told(&delta(&[("base", &base)], &[("base", &base), ("top", top)]));
    assert_eq!(of(&plain), ["-d/a", "-e"]);
    assert_eq!(of(&opaque), ["-d/a", "-d/b", "+d/c"]);
    // What is removed and put back is the same.
    let back = Tar::default().file("e", "1");
    assert!(
        delta(
            &[("base", &base)],
            &[("base", &base), ("plain", &Tar::default().with("e", Item::Whiteout)), ("back", &back)]
        )
        .is_empty()
    );
}

#[test]
fn an_image_of_127_layers() {
    let tars: Vec<Tar> = (0..127).map(|at| Tar::default().file(&format!("f{at}"), "1")).collect();
    let names: Vec<String> = (0..127).map(|at| format!("l{at}")).collect();
    let all: Vec<(&str, &Tar)> = names.iter().map(String::as_str).zip(&tars).collect();
    let other = Tar::default().file("f60", "2");
    let mut changed = all.clone();
    changed[60].1 = &other;
    assert_eq!(told(&delta(&all, &changed)), ["~f60 content"]);
    let one = tars.iter().fold(Tar::default(), |mut one, tar| {
        one.0.extend(tar.0.clone());
        one
    });
    assert!(delta(&all, &[("one", &one)]).is_empty());
}

#[test]
fn bodies_are_found_by_any_of_their_names() {
    let old = Tar::default().file("z", "old").with("a", Item::HardLink("z".to_owned()));
    let new = Tar::default().file("z", "new").with("a", Item::HardLink("z".to_owned()));
    let (first, second) = (image(&[("x", &old)]), image(&[("x", &new)]));
    let sides = [Side { source: &first.0, image: &first.1 }, Side { source: &second.0, image: &second.1 }];
    let compared = compare(sides, 0, 1).unwrap();
    let paths = || compared.delta.changes.iter().map(|change| change.path.clone());
    for (side, content) in [(0, &b"old"[..]), (1, b"new")] {
        let bodies = Bodies::read(&compared, side, sides[side], paths()).unwrap();
        assert!(paths().all(|path| bodies.get(&path) == Some(content)));
    }
}
