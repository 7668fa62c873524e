//! dpkg's and apt's databases.

use crate::common::*;
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_hint::Hint as _;
use sage_oci_layer::Conffile;
use sage_oci_names::PackageName;
use sage_oci_root::{Item, RootError};
use sage_oci_step::{GenerateKind, GenerateStep};
use std::collections::BTreeMap;

fn dpkg(omitted: &[(&str, &str)]) -> GenerateKind {
    let omitted: BTreeMap<PackageName, String> =
        omitted.iter().map(|(package, version)| (name(package), (*version).to_owned())).collect();
    GenerateKind::Dpkg { automatic: vec![name("libc6"), name("zlib1g")], omitted, sources: "Types: deb\n".to_owned() }
}

fn make(packages: Vec<Package>) -> Result<Vec<Item>, RootError> {
    Image::of(packages).items(dpkg(&[]), Vec::new())
}

fn with_control(package: &str, control: &str) -> Package {
    Package::new(package).record(|record| control.clone_into(&mut record.control))
}

fn with_triggers(package: &str, triggers: &str) -> Package {
    Package::new(package).record(|record| record.triggers = Some(triggers.to_owned()))
}

fn diversion(from: &str, to: &str, local: bool) -> OwnedEffect {
    effect("dash", Effect::Diversion { from: from.into(), to: to.into(), local })
}

/// The stanzas of the status file that packages give.
fn status(packages: Vec<Package>) -> String {
    text(&make(packages).unwrap(), "var/lib/dpkg/status").to_owned()
}

#[test]
fn the_whole_database() {
    let control = "Package: libc6\nSource: glibc\nVersion: 2.41-1\nArchitecture: amd64\nMulti-Arch: same\n\
        Maintainer: GNU <glibc@example.org>\nInstalled-Size: 12\nDepends: libgcc-s1\nEssential: no\n\
        Filename: pool/x.deb\nsize: 5\nX-Own: kept\nX-List:\n one\n two\nHomepage: https://example.org\nPriority: optional\n\
        Description: library\n long text\n .\n more\n";
    let libc6 = with_control("libc6", control).record(|record| {
        let conffile = |path: &str, md5: &str| Conffile { path: path.to_owned(), md5: md5.to_owned() };
        record.conffiles = vec![conffile("/etc/b", &"0".repeat(32)), conffile("/etc/a", "newconffile")];
        record.triggers = Some("interest-noawait ldconfig\ninterest /usr/lib/x\nactivate-noawait other\n".to_owned());
    });
    let base = Package::new("base-files").file("usr/bin/dash.distrib", "").file("usr/lib/x", "");
    let step = GenerateStep {
        effects: vec![
            diversion("/bin/sh", "/bin/sh.distrib", false),
            diversion("/usr/bin/dash", "/usr/bin/dash.distrib", true),
        ],
        exclude: vec!["/usr/share/doc/*".to_owned(), "/usr/share/man/*".to_owned()],
        include: vec!["/usr/share/doc/*/copyright".to_owned()],
        ..step(dpkg(&[("node-x", "1.0-1"), ("node-virtual", "")]))
    };
    golden("database", &Image::of([libc6, base]).make(&step).unwrap().items);
}

#[test]
fn defaults_and_fields_of_archives_are_left_out_of_the_status() {
    let control = "Package: aa\nProtected: no\nMulti-Arch: no\nSuggests:\nMD5sum: x\nMSDOS-Filename: a\nStatus: hold\n\
        Conffiles:\n /x 1\nVersion: 1\n";
    assert_eq!(status(vec![with_control("aa", control)]), "Package: aa\nStatus: install ok installed\nVersion: 1\n\n");
    let control = "Version: 1\nEssential: yes\nProtected: yes\nMulti-Arch: foreign\nPackage: aa\n";
    assert_eq!(
        status(vec![with_control("aa", control)]),
        "Package: aa\nEssential: yes\nProtected: yes\nStatus: install ok installed\nMulti-Arch: foreign\nVersion: 1\n\n"
    );
}

#[test]
fn packages_are_sorted_whatever_layer_brings_them() {
    let names = |packages: &[&str]| {
        let status = status(packages.iter().map(|name| Package::new(name)).collect());
        status.lines().filter_map(|line| line.strip_prefix("Package: ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names(&["zsh", "bash", "b2"]), ["b2", "bash", "zsh"]);
}

#[test]
fn a_control_file_is_one_stanza() {
    for (control, why) in [("", "it has 0 stanzas"), ("Package: aa\n\nPackage: b\n", "it has 2 stanzas"), (" x\n", "")]
    {
        let error = make(vec![with_control("aa", control)]).unwrap_err();
        let RootError::Malformed { what, why: said } = &error else { panic!("{error}") };
        assert_eq!(what, "the control file of aa");
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn a_package_comes_once_and_is_not_left_out_at_the_same_time() {
    let error = make(vec![Package::new("aa"), Package::new("aa")]).unwrap_err();
    assert!(matches!(&error, RootError::PackageTwice { package } if package.as_str() == "aa"), "{error}");
    assert_eq!(error.to_string(), "the build step is malformed: package aa is in two layers");
    assert!(error.hint().unwrap().contains("--builder"));
    let error = Image::of([Package::new("aa")]).items(dpkg(&[("aa", "1")]), Vec::new()).unwrap_err();
    assert!(matches!(&error, RootError::LeftOutInstalled { package } if package.as_str() == "aa"), "{error}");
    assert_eq!(error.to_string(), "the build step is malformed: package aa is installed and said to be left out");
    assert!(error.hint().unwrap().contains("--builder"));
}

#[test]
fn interest_in_paths_and_events() {
    let same = "Package: b\nArchitecture: amd64\nMulti-Arch: same\n";
    let b = with_control("bb", same).record(|record| record.triggers = Some("interest-await\tevent # why\n".into()));
    let a = with_triggers(
        "aa",
        "# none\n\ninterest /usr/x\ninterest-noawait /usr/y\ninterest-noawait event\ninterest\ninterest # none\nactivate z\n",
    );
    let foreign = with_control("cc", &same.replace("same", "foreign"));
    let c = foreign.record(|record| record.triggers = Some("interest event\n".into()));
    let items = make(vec![b, a, c]).unwrap();
    let files = paths(&items).into_iter().filter_map(|path| path.strip_prefix("var/lib/dpkg/triggers/"));
    assert_eq!(files.collect::<Vec<_>>(), ["File", "Unincorp", "event"]);
    assert_eq!(text(&items, "var/lib/dpkg/triggers/File"), "/usr/x aa\n/usr/y aa/noawait\n");
    assert_eq!(text(&items, "var/lib/dpkg/triggers/event"), "aa/noawait\nbb:amd64\ncc\n");
    let error = make(vec![with_triggers("aa", "interest ../event\n")]).unwrap_err();
    assert_eq!(error.to_string(), "cannot make sense of `the triggers of aa`: `../event` is no name of a trigger");
}

#[test]
fn without_rules_there_is_no_file_of_rules() {
    let items = make(vec![Package::new("aa")]).unwrap();
    assert!(!paths(&items).contains(&"etc/dpkg/dpkg.cfg.d/excludes"));
    assert!(!paths(&items).iter().any(|path| path.contains("left-out-packages")));
    assert_eq!(text(&items, "var/lib/dpkg/diversions"), "");
}

#[test]
fn a_local_diversion_has_something_to_divert() {
    let make = |effects| Image::of([Package::new("aa").file("usr/bin/x", "")]).items(dpkg(&[]), effects);
    let error = make(vec![diversion("/usr/bin/y", "/usr/bin/gone", true)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/usr/bin/gone` is not in the image, but the local diversion of `/usr/bin/y` needs it"
    );
    make(vec![diversion("/usr/bin/y", "/bin/x", true), diversion("/usr/bin/y", "/usr/bin/gone", false)]).unwrap();
}

#[test]
fn layers_are_held_to_each_other() {
    let error =
        make(vec![Package::new("aa").file("usr/x", "one"), Package::new("bb").file("usr/x", "other")]).unwrap_err();
    let RootError::Conflict { path, first, second } = &error else { panic!("{error}") };
    assert_eq!(path, "usr/x");
    assert_eq!(first, &format!("package aa (file of 3 bytes, sha256 {}, 0644 0:0)", digest(b"one")));
    assert_eq!(second, &format!("package bb (file of 5 bytes, sha256 {}, 0644 0:0)", digest(b"other")));
    assert!(error.hint().unwrap().contains("diversion"));
    make(vec![Package::new("aa").file("usr/x", "one"), Package::new("bb").file("usr/x", "one")]).unwrap();

    let error = make(vec![Package::new("aa").link("opt", "srv"), Package::new("bb").file("opt/x", "")]).unwrap_err();
    let RootError::Conflict { first, second, .. } = &error else { panic!("{error}") };
    assert_eq!(first, "package aa (symbolic link to srv, 0777 0:0)");
    assert_eq!(second, "package bb (directory, 0755 0:0)");
}
