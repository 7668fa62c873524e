//! The cache of shared libraries and the links that it counts on.

use crate::common::*;
use sage_oci_layer::Library;
use sage_oci_ldcache::ElfFacts;
use sage_oci_names::Architecture;
use sage_oci_root::{Generated, RootError};
use sage_oci_step::{GenerateKind, GenerateStep};

const FOLDER: &str = "usr/lib/x86_64-linux-gnu";

fn library(path: &str, soname: &str) -> Library {
    let facts = ElfFacts {
        bits: 64,
        little_endian: true,
        machine: 62,
        machine_flags: 0,
        soname: Some(soname.to_owned()),
        isa_needed: 0,
    };
    Library { path: at(path), facts }
}

fn libc_bin(version: &str) -> Package {
    let control = format!("Package: libc-bin\nVersion: {version}\n");
    Package::new("libc-bin")
        .record(|record| record.control = control)
        .link("lib", "usr/lib")
        .file("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n")
        .file("etc/ld.so.conf.d/own.conf", "/opt/own\n")
        .file("etc/ld.so.conf.d/README", "/nowhere\n")
}

fn libraries() -> Package {
    Package::new("libx1")
        .library(library(&format!("{FOLDER}/libx.so.1.2"), "libx.so.1"))
        .library(library(&format!("{FOLDER}/liby.so.2"), "liby.so.2"))
        .library(library("opt/own/libown.so", "libown.so.3"))
        .file(&format!("{FOLDER}/libtext.so"), "INPUT(libx.so.1)\n")
        .link(&format!("{FOLDER}/libgone.so.9"), "libgone.so.9.1")
}

fn make(packages: Vec<Package>) -> Result<Generated, RootError> {
    Image::of(packages).make(&step(GenerateKind::LdCache))
}

#[test]
fn the_cache_its_links_and_a_note() {
    let made = make(vec![libc_bin("2.41-12"), libraries()]).unwrap();
    golden("library-cache", &made.items);
    assert_eq!(made.notes, [format!("/{FOLDER}/libgone.so.9 leads nowhere; ldconfig would remove it")]);
    let bytes = bytes(&made.items, "etc/ld.so.cache");
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(bytes.starts_with(b"glibc-ld.so.cache1.1") && has("(Debian GLIBC 2.41-12) "), "ldconfig's own marks");
    assert!(has("/lib/x86_64-linux-gnu/libx.so.1\0") && has("/opt/own/libown.so.3\0") && !has("libtext"));
}

#[test]
fn an_image_may_have_no_configuration() {
    let bare = Package::new("libc-bin").link("lib", "usr/lib");
    let made = make(vec![bare, libraries()]).unwrap();
    assert_eq!(paths(&made.items), ["etc/ld.so.cache", "usr/lib/x86_64-linux-gnu/libx.so.1"]);
}

#[test]
fn another_architecture_searches_another_folder() {
    let step = GenerateStep { architecture: Architecture::Arm64, ..step(GenerateKind::LdCache) };
    let made = Image::of([Package::new("libc-bin"), libraries()]).make(&step).unwrap();
    assert_eq!((paths(&made.items), made.notes), (vec!["etc/ld.so.cache"], Vec::new()));
}

#[test]
fn the_cache_names_the_ldconfig_of_the_image() {
    let error = make(vec![libraries()]).unwrap_err();
    assert_eq!(error.to_string(), "cannot make the library cache: the package libc-bin is not in the image");
    for version in ["", "2.41:x:y", "not a version"] {
        let error = make(vec![libc_bin(version)]).unwrap_err();
        let RootError::Malformed { what, .. } = &error else { panic!("{error}") };
        assert_eq!(what, "the control file of libc-bin");
    }
}

#[test]
fn a_configuration_that_ldconfig_refuses_is_refused() {
    for (text, why) in [
        ("include more.conf\n", "`/etc/ld.so.conf` includes `more.conf`, which is not absolute"),
        ("include /etc/ld.so.conf\n", "`/etc/ld.so.conf` includes itself"),
    ] {
        let package = Package::new("libc-bin").file("etc/ld.so.conf", text);
        let error = make(vec![package]).unwrap_err();
        assert!(matches!(error, RootError::LibraryCache { .. }), "{error}");
        assert_eq!(error.to_string(), format!("cannot make the library cache: {why}"));
    }
    let error = make(vec![Package::new("libc-bin").file("etc/ld.so.conf", b"\xff")]).unwrap_err();
    assert_eq!(error.to_string(), "cannot make sense of `/etc/ld.so.conf`: it is not UTF-8");
}
