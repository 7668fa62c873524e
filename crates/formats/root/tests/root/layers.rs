//! What lists of contents say together, and what an image that extends another changes.

use crate::common::*;
use sage_oci_effects::Effect;
use sage_oci_hint::Hint as _;
use sage_oci_layer::Contents;
use sage_oci_root::{Below, Difference, Item, NodeKind, RootError, Stored, difference};
use sage_oci_step::{Above, GenerateKind};
use std::collections::BTreeMap;

fn below(packages: Vec<Package>) -> Below {
    Image::of(packages).below().unwrap()
}

#[test]
fn upper_layers_add_replace_and_remove() {
    let lower = Package::new("lower").file("opt/x/a", "a").file("opt/x/b", "b").file("opt/y", "y").file("opt/xy", "");
    let upper = Package::new("upper").file("opt/y", "other").removal("opt/x").file("opt/z", "z");
    let below = below(vec![lower, upper]);
    let paths: Vec<&str> = below.installed.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["opt", "opt/xy", "opt/y", "opt/z"]);
    let node = below.installed.get("opt/y").unwrap();
    assert_eq!(node.kind, NodeKind::File(Stored { size: 5, sha256: digest(b"other") }));
    assert_eq!(node.package.as_ref().unwrap().as_str(), "upper");
    assert_eq!(below.packages.iter().map(|record| record.package.as_str()).collect::<Vec<_>>(), ["lower", "upper"]);
    let conflict = below.verify().unwrap_err();
    assert!(matches!(&conflict, RootError::Conflict { path, .. } if path == "opt/y"), "{conflict}");
}

#[test]
fn the_lowest_word_on_a_directory_counts() {
    let layers = [("aa", 0o2775), ("bb", 0o755), ("cc", 0o700), ("dd", 0o2775)];
    let below = below(layers.map(|(name, mode)| Package::new(name).directory("d", mode).directory("c", mode)).into());
    let disputed: Vec<_> = below.disputed.iter().map(|(path, node)| (path.as_str(), node.mode)).collect();
    assert_eq!(disputed, [("c", 0o2775), ("d", 0o2775)]);
    assert_eq!(below.installed.get("d").unwrap().mode, 0o2775);
    below.verify().unwrap();
}

#[test]
fn a_hard_link_is_its_file() {
    let package = || Package::new("perl").file("usr/bin/perl", "elf");
    let below = below(vec![package().hard_link("usr/bin/perl5", "usr/bin/perl")]);
    assert_eq!(below.installed.get("usr/bin/perl5").unwrap().kind, below.installed.get("usr/bin/perl").unwrap().kind);
    let error = Image::of([package().hard_link("usr/bin/perl5", "usr/bin/gone")]).below().unwrap_err();
    assert_eq!(error.to_string(), "cannot make sense of `the list of contents, /usr/bin/perl5`: its file is missing");
    assert_eq!(error.hint(), None);
}

#[test]
fn nothing_lies_below_what_is_no_directory() {
    for (path, ancestor) in [("opt/file/x", "opt/file"), ("srv/x", "srv")] {
        let mut package = Package::new("aa").file("opt/file", "").file("opt/other", "");
        package.contents.entries.last_mut().unwrap().path = at(path);
        let error = below(vec![package]).verify().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`/{path}` lies below `/{ancestor}`, which is no directory in the image")
        );
        assert!(error.hint().unwrap().contains("ancestor"));
    }
}

#[test]
fn a_list_that_cannot_be_read_ends_it() {
    #[derive(Debug)]
    struct Unreadable;
    impl From<RootError> for Unreadable {
        fn from(error: RootError) -> Self {
            panic!("{error}")
        }
    }
    Below::of([Ok(Contents::new()), Err(Unreadable)]).unwrap_err();
}

/// Lists of contents by the paths that a step has for them.
fn lists(packages: Vec<(&str, Package)>) -> BTreeMap<String, Contents> {
    packages.into_iter().map(|(path, package)| (path.to_owned(), package.contents)).collect()
}

fn compare(items: Vec<Item>, above: &Above, contents: &[&str], lists: &BTreeMap<String, Contents>) -> Difference {
    let contents: Vec<String> = contents.iter().map(|path| (*path).to_owned()).collect();
    difference(items, above, &contents, |path| lists.get(path).cloned().ok_or(path.to_owned())).unwrap()
}

#[test]
fn an_extending_image_holds_what_differs() {
    let generated = |text| Package::new("gen").file("etc/same", "same").file("etc/other", text).file("etc/gone", "x");
    let lists = lists(vec![
        ("base", Package::new("base").file("etc/replaced", "x")),
        ("generated", generated("old").file("etc/replaced", "y")),
        ("added", Package::new("added").file("etc/replaced", "a package's").removal("etc/same")),
    ]);
    let above = Above { contents: vec!["base".into(), "generated".into()], replaces: Some("generated".into()) };
    let file = |path: &str, text: &str| Item::file(path, 0o644, text).unwrap();
    let items = vec![file("/etc/other", "new"), file("/etc/same", "same")];
    // The layers of the base come first, whatever order the step has them in.
    let made = compare(items.clone(), &above, &["base", "added", "generated"], &lists);
    assert_eq!(made.items, items, "what a package above has taken away is made again");
    assert_eq!(made.removed, ["etc/gone"], "and what one has replaced is not taken away");
    let without = compare(items.clone(), &above, &["base", "generated"], &lists);
    assert_eq!((without.items, without.removed.len()), (vec![items[0].clone()], 2));
    let nothing = Above { replaces: None, ..above.clone() };
    assert_eq!(compare(items, &nothing, &["base"], &lists).removed, Vec::<sage_oci_tree::ImagePath>::new());
    let missing = Above { contents: vec!["gone".into()], replaces: None };
    assert_eq!(
        difference(Vec::new(), &missing, &[], |path| Err::<Contents, _>(path.to_owned())),
        Err("gone".to_owned())
    );
}

#[test]
fn metadata_and_kinds_differ_too() {
    let lists = lists(vec![(
        "base",
        Package::new("base").directory("d", 0o755).link("l", "x").file("f", "x").hard_link("h", "f"),
    )]);
    let above = Above { contents: vec!["base".into()], replaces: None };
    let new = |item: Item| !compare(vec![item], &above, &[], &lists).items.is_empty();
    let (directory, file) = (|mode| Item::directory("/d", mode).unwrap(), |path| Item::file(path, 0o644, "x").unwrap());
    assert!(!new(directory(0o755)) && new(directory(0o700)) && new(directory(0o755).owned(1, 0)));
    assert!(!new(Item::symlink("/l", "x").unwrap()) && new(Item::symlink("/l", "y").unwrap()));
    assert!(!new(file("/f")) && !new(file("/h")) && new(file("/f").owned(0, 1)) && new(file("/d")));
}

#[test]
fn parents_that_are_links_are_followed_to_where_they_lead() {
    let link = |path: &str| Effect::Symlink { path: path.to_owned(), target: "x".to_owned() };
    let base = Package::new("base")
        .link("var/run", "/run")
        .directory("run", 0o755)
        .link("root-link", "/")
        .link("dangling", "gone");
    let paths_of = |path: &str| {
        let effects = vec![effect("base", link(path))];
        Image::of([base.clone()])
            .items(GenerateKind::Configuration, effects)
            .map(|items| items[0].path.clone())
            .unwrap()
    };
    for (path, real) in [
        ("/var/run/a/b", "run/a/b"),
        ("/var/lib/x", "var/lib/x"),
        ("/root-link/x", "x"),
        ("/dangling/x", "dangling/x"),
        ("/lib/x", "usr/lib/x"),
        ("/var/run", "var/run"),
    ] {
        assert_eq!(paths_of(path), real, "{path}");
    }
}
