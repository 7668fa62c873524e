//! Groups of alternatives, their links and their database.

use crate::common::*;
use sage_oci_effects::{Effect, OwnedEffect, Slave};
use sage_oci_root::{Item, RootError};
use sage_oci_step::{GenerateKind, GenerateStep};

fn slave(name: &str, link: &str, path: &str) -> Slave {
    Slave { name: name.into(), link: link.into(), path: path.into() }
}

fn candidate(name: &str, path: &str, priority: i32, slaves: &[Slave]) -> OwnedEffect {
    let (name, link, path, slaves) = (name.into(), format!("/usr/bin/{name}"), path.into(), slaves.to_vec());
    effect("vim", Effect::Alternative { name, link, path, priority, slaves })
}

fn image() -> Image {
    let package = Package::new("vim").link("bin", "usr/bin").file("usr/bin/a", "").file("usr/bin/b", "");
    Image::of([package.file("usr/bin/taken", "").link("usr/bin/linked", "a").file("usr/share/man/b.1", "")])
}

fn make(effects: Vec<OwnedEffect>) -> Result<Vec<Item>, RootError> {
    image().items(GenerateKind::Alternatives, effects)
}

/// What a link among items leads to.
fn target<'a>(items: &'a [Item], path: &str) -> Option<&'a str> {
    items.iter().find(|item| item.path == path).map(|item| match &item.content {
        sage_oci_root::Content::Symlink(target) => target.as_str(),
        other => panic!("{path} is no link: {other:?}"),
    })
}

#[test]
fn groups_with_slaves() {
    let manual = slave("ed.1", "/usr/share/man/ed.1", "/usr/share/man/b.1");
    let absent = slave("ed.fr.1", "/usr/share/man/fr/ed.1", "/usr/share/man/fr/b.1");
    let effects = vec![
        candidate("ed", "/usr/bin/a", -10, &[]),
        candidate("ed", "/bin/b", 20, &[manual, absent]),
        candidate("taken", "/usr/bin/a", 1, &[]),
        effect("vim", Effect::Shell { path: "/bin/sh".into() }),
    ];
    golden("alternatives", &make(effects).unwrap());
}

#[test]
fn the_highest_priority_wins_and_of_equal_ones_the_first() {
    let chosen = |effects| target(&make(effects).unwrap(), "etc/alternatives/ed").map(str::to_owned);
    let (a, b) = ("/usr/bin/a", "/usr/bin/b");
    assert_eq!(chosen(vec![candidate("ed", b, 5, &[]), candidate("ed", a, 5, &[])]).as_deref(), Some(b));
    assert_eq!(chosen(vec![candidate("ed", b, 5, &[]), candidate("ed", a, 6, &[])]).as_deref(), Some(a));
    // Declared again, a candidate keeps its place and takes the new priority.
    let again = vec![candidate("ed", b, 1, &[]), candidate("ed", a, 5, &[]), candidate("ed", b, 5, &[])];
    assert_eq!(chosen(again).as_deref(), Some(b));
    let lowered = vec![candidate("ed", b, 9, &[]), candidate("ed", a, 5, &[]), candidate("ed", b, 4, &[])];
    assert_eq!(chosen(lowered).as_deref(), Some(a));
}

#[test]
fn a_generic_link_replaces_no_packaged_file_but_a_packaged_link() {
    let items =
        make(vec![candidate("taken", "/usr/bin/a", 1, &[]), candidate("linked", "/usr/bin/b", 1, &[])]).unwrap();
    assert_eq!(target(&items, "usr/bin/taken"), None);
    assert_eq!(target(&items, "etc/alternatives/taken"), Some("/usr/bin/a"));
    assert_eq!(target(&items, "usr/bin/linked"), Some("/etc/alternatives/linked"));
}

#[test]
fn slaves_follow_the_choice_alone() {
    let manual = || slave("ed.1", "/usr/share/man/ed.1", "/usr/share/man/b.1");
    let items =
        make(vec![candidate("ed", "/usr/bin/a", 9, &[]), candidate("ed", "/usr/bin/b", 1, &[manual()])]).unwrap();
    assert_eq!(target(&items, "etc/alternatives/ed.1"), None);
    assert!(!paths(&items).contains(&"usr/share/man/ed.1"));
    // The database names the slave all the same, with an empty line for the candidate that has none.
    let database = text(&items, "var/lib/dpkg/alternatives/ed");
    assert_eq!(
        database,
        "auto\n/usr/bin/ed\ned.1\n/usr/share/man/ed.1\n\n/usr/bin/a\n9\n\n/usr/bin/b\n1\n/usr/share/man/b.1\n\n"
    );
}

#[test]
fn a_candidate_that_is_not_there_is_an_error_unless_a_rule_leaves_it_out() {
    let gone = || vec![candidate("ed", "/usr/bin/gone", 1, &[])];
    let error = make(gone()).unwrap_err();
    assert_eq!(error.to_string(), "`/usr/bin/gone` is not in the image, but the alternative `ed` of vim needs it");
    let excluding = |include: &[&str]| GenerateStep {
        effects: gone(),
        exclude: vec!["/usr/bin/g*".into()],
        include: include.iter().map(|glob| (*glob).to_owned()).collect(),
        ..step(GenerateKind::Alternatives)
    };
    assert_eq!(image().make(&excluding(&[])).unwrap().items, []);
    assert!(matches!(image().make(&excluding(&["/usr/bin/gone"])), Err(RootError::Absent { .. })));
    let malformed = GenerateStep { exclude: vec!["/a[b".into()], ..step(GenerateKind::Alternatives) };
    let error = image().make(&malformed).unwrap_err();
    assert!(matches!(&error, RootError::Pattern { pattern, .. } if pattern == "/a[b"), "{error}");
}

#[test]
fn a_link_stays_in_the_image() {
    let mut bad = candidate("ed", "/usr/bin/a", 1, &[]);
    if let Effect::Alternative { link, .. } = &mut bad.effect {
        *link = "/usr/../../ed".into();
    }
    let error = make(vec![bad]).unwrap_err();
    assert!(matches!(&error, RootError::Path { path, .. } if path == "/usr/../../ed"), "{error}");
}
