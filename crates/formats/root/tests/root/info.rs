//! What dpkg records of a package as it unpacks it.

use crate::common::*;
use sage_oci_deb::{Control, ControlFile, Stanza};
use sage_oci_root::{Item, RootError, Sums, info_files};

const CONTROL: &str = "Package: demo\nVersion: 1\nArchitecture: amd64\n";
const SAME: &str = "Package: demo\nVersion: 1\nArchitecture: amd64\nMulti-Arch: same\n";

fn make(control: &str, files: &[(&str, u32, &str)], sums: Option<&Sums>) -> Result<Vec<Item>, RootError> {
    let stanza = Stanza::parse_all(control.as_bytes()).unwrap().remove(0);
    let file = |(name, mode, text): &(&str, u32, &str)| {
        ((*name).to_owned(), ControlFile { mode: *mode, bytes: text.as_bytes().into() })
    };
    let files = files.iter().chain(&[("control", 0o644, control)]).map(file).collect();
    let paths = ["etc", "etc/demo.conf", "usr/bin/demo"].map(at);
    info_files(&stanza, &Control { files }, &paths, sums)
}

#[test]
fn list_scripts_and_sums() {
    let mut sums = Sums::default();
    sums.add(&at("usr/bin/demo"), &"1".repeat(32));
    sums.add(&at("etc/demo.conf"), &"2".repeat(32));
    sums.link(&at("usr/bin/other"), &at("usr/bin/demo"));
    sums.link(&at("usr/bin/third"), &at("usr/bin/not-unpacked"));
    let files = [("postinst", 0o755, "#!/bin/sh\n"), ("conffiles", 0o644, "/etc/demo.conf\n")];
    golden("info", &make(CONTROL, &files, Some(&sums)).unwrap());
}

#[test]
fn a_package_of_several_architectures_names_its_own() {
    let items = make(SAME, &[("triggers", 0o644, "")], None).unwrap();
    assert_eq!(paths(&items), ["var/lib/dpkg/info/demo:amd64.list", "var/lib/dpkg/info/demo:amd64.triggers"]);
    let foreign = SAME.replace("same", "foreign");
    assert_eq!(paths(&make(&foreign, &[], None).unwrap()), ["var/lib/dpkg/info/demo.list"]);
}

#[test]
fn a_package_cannot_write_dpkgs_own_files_or_elsewhere() {
    let error = make(CONTROL, &[("list", 0o644, "/.\n")], None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/var/lib/dpkg/info/demo.list` cannot be a path in an image: dpkg makes this file itself"
    );
    let error = make(CONTROL, &[("x/../../status", 0o644, "")], None).unwrap_err();
    assert!(matches!(error, RootError::Path { .. }), "{error}");
}
