//! The account files, the image user's home and right to become root.

use crate::common::*;
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_root::{Item, RootError};
use sage_oci_step::GenerateKind;

fn image() -> Image {
    let skeleton = Package::new("bash")
        .file("etc/skel/.bashrc", "alias ll='ls -l'\n")
        .file("etc/skel/.run", "#!/bin/sh\n")
        .mode(0o755)
        .file("etc/skeleton/other", "not of it\n");
    let sudo = Package::new("sudo").file("usr/bin/sudo", "ELF");
    Image::of([skeleton, sudo])
}

fn user(name: &str, uid: u32) -> OwnedEffect {
    let home = format!("/home/{name}/");
    let made =
        Effect::User { name: name.into(), uid, gid: uid + 1, gecos: String::new(), home, shell: "/bin/sh".into() };
    effect("base-passwd", made)
}

fn group(name: &str, gid: u32, members: &[&str]) -> OwnedEffect {
    let members = members.iter().map(|name| (*name).to_owned()).collect();
    effect("base-passwd", Effect::Group { name: name.into(), gid, members })
}

fn users(effects: Vec<OwnedEffect>, sudo: bool) -> Result<Vec<Item>, RootError> {
    image().items(GenerateKind::Users { user: "sage.math".to_owned(), sudo }, effects)
}

#[test]
fn every_kind_of_account() {
    let effects = vec![
        group("root", 0, &[]),
        group("shadow", 42, &[]),
        group("last-static", 99, &[]),
        group("first-system", 100, &["sage.math", "daemon"]),
        group("nogroup", 65_534, &[]),
        group("sage", 1001, &[]),
        user("root", 0),
        user("last-static", 99),
        user("first-system", 100),
        user("last-system", 999),
        user("sage.math", 1000),
        user("nobody", 65_534),
        user("after", 65_535),
    ];
    golden("accounts", &users(effects, true).unwrap());
}

#[test]
fn sudo_is_given_when_asked_for_and_there() {
    let rights = "etc/sudoers.d/sage_math";
    let items = users(vec![user("sage.math", 1000)], true).unwrap();
    assert_eq!(text(&items, rights), "sage.math ALL=(ALL:ALL) NOPASSWD: ALL\n");
    let items = users(vec![user("sage.math", 1000)], false).unwrap();
    assert!(!paths(&items).contains(&rights));
    let mut image = image();
    image.packages.pop();
    let kind = GenerateKind::Users { user: "sage.math".to_owned(), sudo: true };
    let error = image.items(kind, vec![user("sage.math", 1000)]).unwrap_err();
    assert!(matches!(&error, RootError::Absent { path, .. } if path == "/usr/bin/sudo"), "{error}");
    assert_eq!(error.to_string(), "`/usr/bin/sudo` is not in the image, but the user's sudo right needs it");
}

#[test]
fn without_a_group_shadow_only_root_reads_the_passwords() {
    let items = users(vec![user("sage.math", 1000)], false).unwrap();
    let of = |path: &str| items.iter().find(|item| item.path == path).map(|item| (item.mode, item.uid, item.gid));
    assert_eq!(of("etc/shadow"), Some((0o640, 0, 0)));
    assert_eq!(of("etc/gshadow"), Some((0o640, 0, 0)));
}

#[test]
fn the_images_user_must_be_declared() {
    let error = users(vec![user("root", 0), group("sage.math", 1000, &[])], false).unwrap_err();
    assert!(matches!(&error, RootError::UnknownOwner { kind: "user", name, .. } if name == "sage.math"), "{error}");
}

#[test]
fn names_and_numbers_come_once() {
    let sage = || user("sage.math", 1000);
    for (first, second, kind, twice, number) in [
        (user("a", 5), user("b", 5), "user", "b", 5),
        (user("a", 5), user("a", 6), "user", "a", 6),
        (group("a", 5, &[]), group("b", 5, &[]), "group", "b", 5),
        (group("a", 5, &[]), group("a", 6, &[]), "group", "a", 6),
    ] {
        let error = users(vec![sage(), first, second], false).unwrap_err();
        let RootError::AccountTwice { kind: of, name, number: found } = &error else { panic!("{error}") };
        assert_eq!((*of, name.as_str(), *found), (kind, twice, number));
    }
    users(vec![sage(), user("same", 5), group("same", 5, &[])], false).unwrap();
}

#[test]
fn no_text_makes_another_account_or_line() {
    let with = |name: &str, gecos: &str, home: &str, shell: &str| {
        let [name, gecos, home, shell] = [name, gecos, home, shell].map(str::to_owned);
        effect("base-passwd", Effect::User { name, uid: 7, gid: 7, gecos, home, shell })
    };
    for (bad, field) in [
        (with("x:y", "", "/x", "/sh"), "x:y"),
        (with("x\ny", "", "/x", "/sh"), "x\ny"),
        (with("x", "a:b", "/x", "/sh"), "a:b"),
        (with("x", "", "/a\n", "/sh"), "/a\n"),
        (with("x", "", "/x", "/sh:"), "/sh:"),
        (group("g:h", 7, &[]), "g:h"),
        (group("g", 7, &["ok", "m:n"]), "m:n"),
    ] {
        let error = users(vec![user("sage.math", 1000), bad], false).unwrap_err();
        assert!(matches!(&error, RootError::AccountField { field: found } if found == field), "{error}");
    }
}

#[test]
fn a_skeleton_that_the_archive_has_not_is_missed() {
    let mut image = Image::of([Package::new("bash").lost("etc/skel/.bashrc")]);
    let kind = GenerateKind::Users { user: "sage".to_owned(), sudo: false };
    let error = image.items(kind, vec![user("sage", 1000)]).unwrap_err().to_string();
    assert_eq!(
        error,
        "`/etc/skel/.bashrc` is not in the image, but a generated file (from the archive of bash) needs it"
    );
}
