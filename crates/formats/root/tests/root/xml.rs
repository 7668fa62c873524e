//! XML's catalogs and SGML's catalog of catalogs.

use crate::common::*;
use sage_oci_effects::{Document, Effect, OwnedEffect};
use sage_oci_root::{Item, RootError};
use sage_oci_step::GenerateKind;

const HEADER: &str = "usr/share/xml-core/catalog.header";
const FOOTER: &str = "usr/share/xml-core/catalog.footer";
const LOCAL: &str = "--package demo --local /usr/share/xml/demo/catalog.xml";

fn frame() -> Package {
    Package::new("xml-core").file(HEADER, "<catalog>\n").file(FOOTER, "</catalog>\n")
}

fn catalogs(package: &str) -> OwnedEffect {
    effect(package, Effect::Computed { document: Document::XmlCatalogs })
}

/// Packages with a `postinst` each.
fn make(scripts: &[(&str, &str)], others: Vec<Package>) -> Result<Vec<Item>, RootError> {
    let packages = scripts.iter().map(|(name, script)| Package::new(name).control("postinst", script));
    let effects = scripts.iter().map(|(name, _)| catalogs(name)).collect();
    Image::of(packages.chain(others)).items(GenerateKind::Configuration, effects)
}

#[test]
fn entries_of_two_packages() {
    let demo = format!(
        "#!/bin/sh\nif [ \"$1\" = configure ]; then\n\
         \tupdate-xmlcatalog --sort --add --type system --id \"http://b.example/x.dtd\" {LOCAL}\n\
         \tupdate-xmlcatalog --sort --add --type public --id \"-//DEMO//DTD X//EN\" {LOCAL}\n\
         \tupdate-xmlcatalog --sort --add --type public --id \"-//DEMO//DTD X//EN\" --package demo --root\nfi\n"
    );
    let more = "update-xmlcatalog --add --type uri --id http://a.example/ --package more --root\n\
        update-catalog --quiet --update-super\n";
    let sgml = Package::new("sgml-base")
        .file("etc/sgml/b.cat", "")
        .link("etc/sgml/a.cat", "b.cat")
        .directory("etc/sgml/folder.cat", 0o755)
        .file("etc/sgml/deeper/c.cat", "")
        .file("etc/sgml/d.conf", "");
    let last = ("last", "#!/bin/sh\n");
    golden("xml", &make(&[("demo", &demo), ("more", more), last], vec![frame(), sgml]).unwrap());
}

#[test]
fn the_same_entry_is_written_once_and_the_last_word_counts() {
    let line = |file: &str| format!("update-xmlcatalog --add --type uri --id u --package demo --local {file}\n");
    let script = format!("{}{}", line("/old"), line("/new"));
    let items = make(&[("demo", &script)], vec![frame()]).unwrap();
    assert_eq!(
        text(&items, "etc/xml/demo.xml"),
        "<catalog>\n<delegateURI uriStartString=\"u\" catalog=\"file:///new\"/>\n</catalog>\n"
    );
    assert_eq!(text(&items, "var/lib/xml-core/demo"), "<delegateURI uriStartString=\"u\"><catalog=\"file:///new\">\n");
}

#[test]
fn a_package_that_registers_nothing_needs_no_frame() {
    assert_eq!(make(&[("demo", "#!/bin/sh\n# update-xmlcatalog is not called\n")], Vec::new()).unwrap(), []);
    let bare = Image::of([Package::new("bare")]).items(GenerateKind::Configuration, vec![catalogs("bare")]);
    assert_eq!(bare.unwrap(), [], "it has no postinst");
}

#[test]
fn without_the_frame_there_is_no_catalog() {
    let script = format!("update-xmlcatalog --add --type uri --id u {LOCAL}\n");
    let error = make(&[("demo", &script)], vec![Package::new("xml-core").file(HEADER, "")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/usr/share/xml-core/catalog.footer` is not in the image, but a generated file needs it"
    );
}

#[test]
fn lines_that_debhelper_does_not_write_are_refused() {
    for bad in [
        "update-xmlcatalog --del --type public --id \"x\" --package demo --root",
        "update-xmlcatalog --add --type magic --id \"x\" --package demo --root",
        "update-xmlcatalog --add --id \"x\" --package demo --root",
        "update-xmlcatalog --add --type public --id \"\" --package demo --root",
        "update-xmlcatalog --add --type public --id \"x\" --package --root",
        "update-xmlcatalog --add --type public --id \"x\" --package demo",
        "update-xmlcatalog --add --type public --id \"x --package demo --root",
        "update-xmlcatalog --add --type public --id \"x\" --package demo --root more",
        "update-xmlcatalog --add more --type public --id \"x\" --package demo --root",
        "update-xmlcatalog --add --type public --id \"x\" --package demo --root >/dev/null",
        "update-xmlcatalog --add --type public --id \"x\" --package demo --local /x; rm",
        "update-xmlcatalog --add --type public --id \"x\" --package demo --local /x;",
        "update-xmlcatalog --add --type public --id x|y --package demo --root",
        "update-xmlcatalog --add --type public --id \"$ID\" --package demo --root",
        "update-xmlcatalog --add --type public --id `id` --package demo --root",
        "update-xmlcatalog --add --type public --id 'x' --package demo --root",
        "update-xmlcatalog --add --type public --id a\\b --package demo --root",
    ] {
        let error = make(&[("demo", bad)], vec![frame()]).unwrap_err();
        let expected = format!("cannot make sense of `the postinst of demo`: `{bad}` is not a line of debhelper's");
        assert_eq!(error.to_string(), expected);
    }
}
