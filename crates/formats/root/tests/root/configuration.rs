//! What scripts make: directories, links, files, copies, shells.

use crate::common::*;
use sage_oci_effects::{Effect, Mode, OwnedEffect};
use sage_oci_hint::Hint as _;
use sage_oci_root::{Item, RootError};
use sage_oci_step::GenerateKind;

fn file(path: &str, content: &str) -> Effect {
    let (owner, group) = ("root".to_owned(), "root".to_owned());
    Effect::File { path: path.into(), mode: Mode::new(0o644), owner, group, content: content.into() }
}

fn directory(path: &str, mode: u32, owner: &str, group: &str) -> Effect {
    Effect::Directory { path: path.into(), mode: Mode::new(mode), owner: owner.into(), group: group.into() }
}

fn copy(from: &str, to: &str) -> Effect {
    let (owner, group) = ("sage".to_owned(), "7".to_owned());
    Effect::Copy { from: from.into(), to: to.into(), mode: Mode::new(0o600), owner, group }
}

fn image() -> Image {
    let lower = Package::new("base-files")
        .directory("root", 0o700)
        .directory("usr/share/shared", 0o2775)
        .directory("var/tmp", 0o1777)
        .link("var/run", "/run")
        .directory("run", 0o755)
        .file("usr/share/x/data", b"\xff data\n")
        .file("usr/share/x/more", "more\n");
    let upper = Package::new("upper").directory("usr/share/shared", 0o755).directory("root", 0o755);
    Image::of([lower, upper])
}

fn make(effects: Vec<Effect>) -> Result<Vec<Item>, RootError> {
    let effects: Vec<OwnedEffect> = effects.into_iter().map(|one| effect("base-files", one)).collect();
    image().items(GenerateKind::Configuration, effects)
}

#[test]
fn what_scripts_make() {
    let effects = vec![
        directory("/var/lib/x", 0o2750, "sage", "sage"),
        Effect::Symlink { path: "/var/run/link".into(), target: "../x".into() },
        file("/bin/tool", "#!/bin/sh\n"),
        copy("/usr/share/x/data", "/etc/data"),
        copy("/usr/share/x/more", "/etc/more"),
        Effect::Shell { path: "/bin/sh".into() },
        Effect::Shell { path: "/bin/bash".into() },
        Effect::Shell { path: "/bin/sh".into() },
        Effect::Group { name: "made-elsewhere".into(), gid: 9, members: Vec::new() },
    ];
    golden("configuration", &make(effects).unwrap());
}

#[test]
fn without_effects_only_the_disputed_directories_are_set_right() {
    let items = make(Vec::new()).unwrap();
    assert_eq!(shown(&items), "0700 0:0 root/\n2775 0:0 usr/share/shared/\n");
}

#[test]
fn an_archive_is_read_once_for_all_copies() {
    let mut image = image();
    let effects = ["data", "more"].map(|name| copy(&format!("/usr/share/x/{name}"), &format!("/etc/{name}")));
    let effects = effects.map(|one| effect("base-files", one)).to_vec();
    image.items(GenerateKind::Configuration, effects).unwrap();
    assert_eq!(image.reads, 1);
}

#[test]
fn what_is_copied_must_be_a_packages() {
    let error = make(vec![copy("/usr/share/x/gone", "/etc/x")]).unwrap_err();
    assert_eq!(error.to_string(), "`/usr/share/x/gone` is not in the image, but a generated file needs it");
    assert_eq!(error.hint().as_deref(), Some("correct the effect, or add the package that ships the path"));
    let error = make(vec![copy("/usr/share/x", "/etc/x")]).unwrap_err().to_string();
    assert_eq!(
        error,
        "`/usr/share/x` is not in the image, but a generated file (from the archive of base-files) needs it"
    );
}

#[test]
fn owners_are_declared_or_numbers() {
    let items = make(vec![directory("/srv/x", 0o755, "1234", "root")]).unwrap();
    let made = items.iter().find(|item| item.path == "srv/x").unwrap();
    assert_eq!((made.uid, made.gid), (1234, 0));
    for (owner, group, message) in [
        ("nobody-knows", "root", "the user `nobody-knows` of `/srv/x` does not exist in the image"),
        ("sage", "-1", "the group `-1` of `/srv/x` does not exist in the image"),
        ("sage", "", "the group `` of `/srv/x` does not exist in the image"),
    ] {
        let error = make(vec![directory("/srv/x", 0o755, owner, group)]).unwrap_err();
        assert!(matches!(error, RootError::UnknownOwner { .. }), "{error}");
        assert_eq!(error.to_string(), message);
        assert_eq!(error.hint().as_deref(), Some("declare the user or group among the effects"));
    }
}

#[test]
fn every_path_stays_in_the_image() {
    for (bad, why) in [("/../x", "it has a `..` component"), ("/.", "it is the root itself"), ("//x", "it is absolute")]
    {
        let link = Effect::Symlink { path: bad.into(), target: "x".into() };
        for effect in [
            file(bad, ""),
            directory(bad, 0o755, "root", "root"),
            link,
            copy("/usr/share/x/data", bad),
            copy(bad, "/x"),
        ] {
            let error = make(vec![effect]).unwrap_err();
            assert_eq!(error.to_string(), format!("`{bad}` cannot be a path in an image: {why}"));
        }
    }
}

#[test]
fn two_effects_agree_or_quarrel() {
    let paths_of = |effects| make(effects).map(|items| paths(&items).iter().filter(|path| **path == "etc/x").count());
    assert_eq!(paths_of(vec![file("/etc/x", "a"), file("/etc/x", "a")]).unwrap(), 1);
    // Through a link of the image, it is the same path.
    let error = make(vec![file("/run/x", "a"), file("/var/run/x", "b")]).unwrap_err();
    assert_eq!(error.to_string(), "`/run/x` is brought twice: by an effect and by an effect");
    let mut other = file("/etc/x", "a");
    if let Effect::File { mode, .. } = &mut other {
        *mode = Mode::new(0o600);
    }
    for other in [file("/etc/x", "b"), other, directory("/etc/x", 0o755, "root", "root")] {
        let error = make(vec![file("/etc/x", "a"), other]).unwrap_err();
        assert!(matches!(&error, RootError::Conflict { path, .. } if path == "etc/x"), "{error}");
    }
    let items = make(vec![directory("/d", 0o755, "root", "root"), directory("/d", 0o700, "sage", "root")]).unwrap();
    assert!(shown(&items).contains("0700 1000:0 d/\n"), "the later one counts\n{}", shown(&items));
}
