//! The bundle of certificates and its hashed links.

use crate::common::*;
use sage_oci_root::{Content, Item, RootError};
use sage_oci_step::GenerateKind;

// Made by `openssl req -x509 -newkey ec`; the kinds of text in their subjects have the names of the files.
const UTF8: &str = include_str!("certificates/utf8.crt");
const AGAIN: &str = include_str!("certificates/utf8-again.crt");
const PRINTABLE: &str = include_str!("certificates/printable.crt");
const BMP: &str = include_str!("certificates/bmp.crt");

fn make(files: &[(&str, &str)]) -> Result<Vec<Item>, RootError> {
    let mut package = Package::new("ca-certificates").file("usr/share/doc/ca-certificates/x.crt", "not below");
    for (name, text) in files {
        package = package.file(&format!("usr/share/ca-certificates/{name}"), text);
    }
    Image::of([package]).items(GenerateKind::Certificates, Vec::new())
}

/// The hashed links and where they lead.
fn hashed(items: &[Item]) -> Vec<(&str, &str)> {
    let all = items.iter().filter_map(|item| match &item.content {
        Content::Symlink(target) if !target.starts_with('/') => Some((item.path.as_str(), target.as_str())),
        _ => None,
    });
    all.map(|(path, target)| (path.strip_prefix("etc/ssl/certs/").unwrap(), target)).collect()
}

#[test]
fn a_folder_of_certificates() {
    let files = [("mozilla/A B (C),D.crt", UTF8), ("mozilla/b.crt", PRINTABLE.trim_end()), ("other/c.crt", BMP)];
    golden("certificates", &make(&files).unwrap());
}

#[test]
fn hashes_are_openssls() {
    // `openssl x509 -noout -subject_hash`, when the certificates were made.
    for (certificate, hash) in [(UTF8, "84a64c94"), (AGAIN, "84a64c94"), (PRINTABLE, "0c121afd"), (BMP, "c25fbb19")] {
        let items = make(&[("x.crt", certificate)]).unwrap();
        assert_eq!(hashed(&items), [(format!("{hash}.0").as_str(), "x.pem")]);
    }
}

#[test]
fn certificates_of_one_subject_are_counted_and_the_same_one_has_one_link() {
    let items = make(&[("a.crt", UTF8), ("b.crt", AGAIN), ("c.crt", UTF8)]).unwrap();
    assert_eq!(hashed(&items), [("84a64c94.0", "a.pem"), ("84a64c94.1", "b.pem")]);
    assert!(paths(&items).contains(&"etc/ssl/certs/c.pem"));
    let bundle = text(&items, "etc/ssl/certs/ca-certificates.crt");
    assert_eq!(bundle, format!("{UTF8}{AGAIN}{UTF8}"));
}

#[test]
fn no_certificate_at_all_is_an_error() {
    let error = make(&[("README", "text"), ("x.pem", UTF8)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/usr/share/ca-certificates` is not in the image, but the bundle of trusted certificates needs it"
    );
}

#[test]
fn what_is_no_certificate_is_refused() {
    let two = format!("{UTF8}{BMP}");
    let frame = |text: &str| format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
    for (bad, why) in [
        ("", "exactly one"),
        (two.as_str(), "exactly one"),
        (&frame("!!!"), "invalid"),
        (&frame("AAAA"), ""),
        (&UTF8.replacen("MII", "MIM", 1), ""),
    ] {
        let error = make(&[("good.crt", BMP), ("x.crt", bad)]).unwrap_err();
        let RootError::Malformed { what, why: said } = &error else { panic!("{error}") };
        assert_eq!(what, "/usr/share/ca-certificates/x.crt");
        assert!(said.contains(why), "{said}");
    }
}
