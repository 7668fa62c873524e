//! Archives, packages and pinned versions.

use crate::world::{FILES, World, archive};
use sage_oci_names::Sha256;
use sage_oci_revision::{Pin, RevisionError, package_tree};
use sage_oci_source::BlobId;
use sage_oci_tags::ImageVersion;
use sha2::Digest;
use std::process::Command;

/// Pairs of a name and a content, or a target.
type Names<'a> = &'a [(&'a str, &'a str)];

fn below(top: &str) -> Vec<(String, String)> {
    FILES.iter().map(|(name, content)| (format!("{top}/{name}"), (*content).to_owned())).collect()
}

/// An archive of the project, with more in it.
fn with(world: &World, name: &str, files: &[(&str, &str)], links: &[(&str, &str)]) {
    let all = below("sage-10.9");
    let own = all.iter().map(|(name, content)| (name.as_str(), content.as_str()));
    archive(&world.path(name), &own.chain(files.iter().copied()).collect::<Vec<_>>(), links);
}

#[test]
fn an_archive_is_unpacked_once() {
    let world = World::new();
    with(&world, "a.tar.gz", &[("sage-10.9/twice", "1"), ("sage-10.9/twice", "2")], &[("sage-10.9/l", "README")]);
    for _ in 0..2 {
        let mut found = world.open("{}/a.tar.gz").unwrap();
        assert_eq!((found.tree.files.len(), found.identity.version.as_str()), (FILES.len() + 2, "10.9"));
        assert_eq!(found.file("twice").unwrap().unwrap(), b"2");
        assert_eq!(found.file("src/sage/a.pyx").unwrap().unwrap(), b"cdef int a\n");
        assert_eq!(found.read(BlobId::of(b"README")).unwrap(), b"README");
    }
    let cache = world.path("cache/sources");
    let [kept] = sage_oci_files::list(&cache).unwrap().try_into().unwrap();
    // A half one, as another program or a loss of power leaves it, is made again.
    let whole = sage_oci_files::read(&kept).unwrap();
    sage_oci_files::write_new(&kept, &whole[..whole.len() / 2]).unwrap();
    assert!(world.open("{}/a.tar.gz").unwrap().file("README").is_ok());
    assert_eq!(sage_oci_files::read(&kept).unwrap(), whole);
}

#[test]
fn archives_that_are_none() {
    let world = World::new();
    with(&world, "good.tar.gz", &[], &[]);
    let whole = sage_oci_files::read(world.path("good.tar.gz")).unwrap();
    for cut in [0, 5, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        sage_oci_files::write_new(world.path("cut.tar.gz"), &whole[..cut]).unwrap();
        let (error, said) = world.refused("{}/cut.tar.gz");
        assert!(matches!(error, RevisionError::Archive { .. }), "{cut}: {said}");
    }
    assert!(sage_oci_files::list(world.path("cache/sources")).unwrap().is_empty(), "half ones are left");
    let bad: [(Names<'_>, Names<'_>, &str); 5] = [
        (&[("sage-10.9/../../x", "")], &[], "`..`"),
        (&[("/etc/x", "")], &[], "/etc/x"),
        (&[("other/x", "")], &[], "beside the top folder `sage-10.9` there is `other`"),
        (&[("top", "")], &[], "top"),
        (&[], &[("sage-10.9/src/sage/l", "../../../x")], "leads out"),
    ];
    for (files, links, word) in bad {
        with(&world, "bad.tar.gz", files, links);
        let (_, said) = world.refused("{}/bad.tar.gz");
        assert!(said.contains(word), "{word}: {said}");
    }
    world.write("text.tar.gz", "no archive");
    assert!(matches!(world.refused("{}/text.tar.gz").0, RevisionError::Archive { .. }));
    world.write("text", "no archive");
    assert!(matches!(world.refused("{}/text").0, RevisionError::Archive { .. }));
    assert!(matches!(world.refused("{}/none.tar.gz").0, RevisionError::NoSuchPath { .. }));
}

#[test]
fn archives_as_git_writes_them_have_a_global_header() {
    let world = World::new();
    let folder = world.repository("r");
    let out = world.path("git.tar.gz");
    crate::world::git(&folder, &["archive", "--prefix=sage-x/", "-o", out.to_str().unwrap(), "HEAD"]);
    assert_eq!(world.open("{}/git.tar.gz").unwrap().tree, world.open("{}/r").unwrap().tree);
}

#[test]
fn versions_are_pinned_or_refused() {
    let mut world = World::new();
    with(&world, "a.tar.gz", &[], &[]);
    let (error, said) = world.refused("10.9");
    assert!(matches!(error, RevisionError::NotPinned { .. }), "{said}");
    assert!(said.contains("hint: pin it with `sage-oci lock --sage 10.9`"), "{said}");
    assert!(matches!(world.refused("11.0.beta").0, RevisionError::Wanted(_)));
    let bytes = sage_oci_files::read(world.path("a.tar.gz")).unwrap();
    let sha256 = Sha256::new(sha2::Sha256::digest(&bytes).into());
    let pin = Pin { urls: vec!["http://127.0.0.1:1/a.tar.gz".to_owned()], size: bytes.len() as u64, sha256 };
    for version in ["10.9", "10.8"] {
        world.pins.insert(ImageVersion::parse(version).unwrap(), pin.clone());
    }
    // It is there already, under its digest, so no address is asked.
    world.write(&format!("cache/debs/{}.deb", sha256.hex()), &bytes);
    assert_eq!(world.open("10.9").unwrap().identity.version, "10.9");
    assert!(matches!(world.refused("10.8").0, RevisionError::OtherVersion { .. }));
}

#[test]
fn what_a_package_installs() {
    let world = World::new();
    for (path, content) in [
        (
            "DEBIAN/control",
            "Package: x\nVersion: 10.10-1\nArchitecture: all\nMaintainer: T <t@localhost>\nDescription: x\n",
        ),
        ("usr/lib/sage/a.pyx", "cdef int a\n"),
        ("usr/lib/sage/a.so", "\x7fELF..."),
        ("usr/share/doc/x", "x"),
    ] {
        world.write(&format!("deb/{path}"), content);
    }
    let mut build = Command::new("dpkg-deb");
    build.args(["--root-owner-group", "-b", "deb", "x.deb"]).current_dir(world.dir.path());
    assert!(build.output().expect("this test needs dpkg-deb").status.success());
    for _ in 0..2 {
        let mut found = package_tree(&world.path("x.deb"), "usr/lib", &world.opening()).unwrap();
        assert_eq!(found.tree.files.keys().collect::<Vec<_>>(), ["sage/a.pyx", "sage/a.so"]);
        assert_eq!(found.identity.version, "10.10-1");
        assert_eq!(found.file("sage/a.pyx").unwrap().unwrap(), b"cdef int a\n");
        assert_eq!(found.tree.id("sage/a.so"), Some(BlobId::of(b"\x7fELF...")));
        assert!(matches!(found.file("sage/a.so"), Err(RevisionError::NoContent { .. })));
    }
    let error = package_tree(&world.path("x.deb"), "usr/li", &world.opening()).unwrap_err();
    assert!(matches!(error, RevisionError::EmptyPackage { .. }), "{error}");
    // What is kept of an archive is none of a package, and the other way round.
    with(&world, "a.tar.gz", &[], &[]);
    assert!(world.open("{}/a.tar.gz").is_ok());
    assert!(package_tree(&world.path("a.tar.gz"), "src", &world.opening()).is_err());
    assert!(matches!(world.refused("{}/x.deb").0, RevisionError::Archive { .. }));
    let bytes = sage_oci_files::read(world.path("x.deb")).unwrap();
    world.write("cut.deb", &bytes[..bytes.len() - 20]);
    let error = package_tree(&world.path("cut.deb"), "usr/lib", &world.opening()).unwrap_err();
    assert!(matches!(error, RevisionError::Package { .. }), "{error}");
}
