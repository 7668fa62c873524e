//! What an image says of what it was made of, so that it can be made again from nothing but itself.

use crate::project::{Project, SOURCES};
use sage_oci_recipe::{DEFINITION, FLAKE, LOCK, LOCK_FORMAT};
use std::collections::BTreeMap;

fn said(project: &Project, image: &str) -> BTreeMap<String, String> {
    let made = project.made(image);
    let last = made.last();
    assert_eq!(last.annotations, last.config.labels, "an engine keeps labels only");
    last.annotations.clone()
}

fn definition(project: &Project, image: &str) -> String {
    said(project, image)[DEFINITION].clone()
}

#[test]
fn the_lock_is_known_by_its_text_and_travels_with_the_image() {
    let project = Project::new();
    let made = project.made("tool");
    let text = project.lock.to_text();
    assert_eq!(made.last().lock, text);
    let before = said(&project, "tool");
    assert_eq!((before[LOCK].len(), before[LOCK_FORMAT].as_str()), ("sha256:".len() + 64, "2"));
    let after = said(&Project::with(|project| project.lock.epoch += 1), "tool");
    assert_ne!(after[LOCK], before[LOCK]);
    assert_eq!(after[DEFINITION], before[DEFINITION], "a lock is no part of a definition");
}

#[test]
fn what_decides_the_image_moves_its_definition() {
    let before = definition(&Project::new(), "tool");
    for (from, to) in [
        ("title = \"Tool\"\n", "title = \"Other\"\n"),
        ("licenses =", "repository = \"https://github.com/o/r\"\nlicenses ="),
        ("exclude = [\"/usr/share/doc/*\"]", "exclude = []"),
        ("packages.wanted = [\"tool\"]", "packages.wanted = [\"tool\", \"gcc\"]"),
        ("config.cmd = [\"tool\"]", "config.cmd = [\"other\"]"),
        ("id = 1000", "id = 1001"),
        ("mode = \"0755\"", "mode = \"0700\""),
        ("exclude = [\"/usr/local/etc/*\"]", "exclude = []"),
        (&"3".repeat(64), &"4".repeat(64)),
    ] {
        let project = Project::with(|project| project.redefine(from, to));
        let other = sage_oci_recipe::definition(&project.resolved("tool"), SOURCES, &project.files, None);
        assert_ne!(other.to_string(), before, "{to}");
    }
    for file in ["tool.conf", "which"] {
        let other = Project::with(|project| drop(project.files.insert(file.to_owned(), "other\n".to_owned())));
        assert_ne!(definition(&other, "tool"), before, "{file}");
    }
}

#[test]
fn what_does_not_decide_it_does_not() {
    let before = definition(&Project::new(), "tool");
    for (from, to) in [
        ("packages.wanted = [\"tool\"]", "# why\npackages.wanted = [ \"tool\" ]"),
        ("channels.sid.tags = [\"latest\"]", "channels.sid.tags = []"),
        ("title = \"Tool server\"", "title = \"Other server\""),
        ("level = 3", "level = 19"),
        ("reason = \"the package has no style sheets\"", "reason = \"other\""),
        ("https://mirror.example/", "https://other.example/"),
        ("mode = \"0755\"\ndivert", "mode = \"0755\"\nowner = \"root\"\ndivert"),
    ] {
        let other = Project::with(|project| project.redefine(from, to));
        assert_eq!(definition(&other, "tool"), before, "{to}");
    }
    let other = Project::with(|project| drop(project.files.insert("second.patch".to_owned(), "other\n".to_owned())));
    assert_eq!(definition(&other, "tool"), before, "a patch of another image's source");
    assert_ne!(definition(&other, "tool-dev"), definition(&Project::new(), "tool-dev"));
    let other = Project::with(|project| {
        project.define("tool-dev", "[channels.sid]\nfiles = [{ path = \"/x\", link = \"y\" }]")
    });
    assert_eq!(definition(&other, "tool"), before, "another image");
    assert_ne!(definition(&other, "tool-dev"), definition(&Project::new(), "tool-dev"));
}

#[test]
fn an_image_above_is_decided_by_the_one_below_as_well() {
    let other = Project::with(|project| drop(project.files.insert("which".to_owned(), "other\n".to_owned())));
    assert_ne!(definition(&other, "tool-dev"), definition(&Project::new(), "tool-dev"));
}

#[test]
fn apt_s_sources_are_in_the_image_and_so_in_its_definition() {
    let project = Project::new();
    let with = |sources: &str| {
        sage_oci_recipe::definition(&project.resolved("tool"), sources, &project.files, None).to_string()
    };
    assert_eq!(with(SOURCES), definition(&project, "tool"));
    assert_ne!(with(SOURCES), with("Types: deb deb-src\n"));
}

#[test]
fn a_repository_is_named_where_there_is_one() {
    let of = |image: &str, more: &str| {
        let project = Project::with(|project| project.redefine("licenses =", &format!("{more}\nlicenses =")));
        let said = said(&project, image);
        (said.get("org.opencontainers.image.source").cloned(), said.get(FLAKE).cloned())
    };
    assert_eq!(of("tool", ""), (None, None));
    let github = "repository = \"https://github.com/o/r\"";
    let expected = |flake: &str| (Some("https://github.com/o/r".to_owned()), Some(flake.to_owned()));
    assert_eq!(of("tool", github), expected("github:o/r#tool-image"));
    assert_eq!(of("tool-server", github), expected("github:o/r#tool-server-image"));
    assert_eq!(
        of("tool-dev", github),
        expected("github:o/r#tool-dev-image"),
        "an extension has that of the image below"
    );
    let other = "repository = \"https://github.com/o/r\"\nchannels.old.tags = []";
    let project = Project::with(|project| {
        project.redefine("default-channel = \"sid\"", "default-channel = \"old\"");
        project.redefine("licenses =", &format!("{other}\nlicenses ="));
    });
    assert_eq!(said(&project, "tool")[FLAKE], "github:o/r#tool-image-sid");
}
