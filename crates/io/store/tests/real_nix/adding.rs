//! Files that are put into the store, and what keeps them there.

use crate::support::{Bench, builder};
use sage_oci_derivation::{FixedHash, NarTree};
use sage_oci_store::{FixedDirectory, StoreError};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

#[test]
fn a_tool_is_where_its_hash_says_and_runs() {
    let bench = Bench::new("tool");
    let content = sage_oci_files::read(builder()).unwrap();
    let tree = NarTree::directory([("bin", NarTree::directory([("builder", NarTree::executable(content))]))]);
    let expected = bench.nix.store_dir().fixed_path("builder", true, &tree.nar_hash().unwrap().sha256).unwrap();
    assert_eq!(bench.tool, expected);
    let program = bench.nix.real_path(&bench.tool).join("bin/builder");
    assert!(Command::new(&program).status().unwrap().success());
    let before = sage_oci_files::metadata(&program).unwrap().ino();
    assert_eq!(bench.nix.add_tool("builder", builder()).unwrap(), bench.tool);
    assert_eq!(sage_oci_files::metadata(&program).unwrap().ino(), before);
    assert!(sage_oci_files::list(bench.folder.join("staging")).unwrap().is_empty());

    // The same bytes from memory are the same program; others are written, and can be run.
    let content = sage_oci_files::read(builder()).unwrap();
    assert_eq!(bench.nix.add_program("builder", &content).unwrap(), bench.tool);
    let other = bench.nix.add_program("other", &content).unwrap();
    assert!(Command::new(bench.nix.real_path(&other).join("bin/other")).status().unwrap().success());
    assert!(sage_oci_files::list(bench.folder.join("staging")).unwrap().is_empty());

    let plain = bench.folder.join("plain");
    sage_oci_files::write_atomic(&plain, b"x").unwrap();
    sage_oci_files::open(&plain).unwrap().set_permissions(PermissionsExt::from_mode(0o644)).unwrap();
    assert!(bench.nix.add_tool("plain", &plain).unwrap_err().to_string().contains("not executable"));
}

#[test]
fn added_files_stand_for_a_fetch() {
    let mut bench = Bench::new("added");
    let cached = ["one", "two"].map(|name| {
        let file = bench.folder.join(format!("cache-{name}"));
        sage_oci_files::write_atomic(&file, name.as_bytes()).unwrap();
        sage_oci_files::open(&file).unwrap().set_permissions(PermissionsExt::from_mode(0o644)).unwrap();
        (format!("{name}.deb"), file)
    });
    let tree = NarTree::directory([("one.deb", NarTree::file("one")), ("two.deb", NarTree::file("two"))]);
    let digest = tree.nar_hash().unwrap().sha256;
    // Building it would fail: only the files that are added make it valid.
    let fetch = bench.builder("fetch").arg("fail").fixed(FixedHash::Recursive(digest));
    let fetch = bench.graph.add(fetch).unwrap().clone();
    let directory = FixedDirectory { path: fetch.out().clone(), files: cached.clone().into() };
    bench.nix.add_fixed(std::slice::from_ref(&directory)).unwrap();
    bench.register();
    assert!(bench.realise(&[&fetch]).0.unwrap().built.is_empty());
    assert_eq!(sage_oci_files::read_to_string(bench.nix.real_path(fetch.out()).join("two.deb")).unwrap(), "two");
    bench.nix.add_fixed(&[directory]).unwrap();
    bench.nix.add_fixed(&[]).unwrap();

    let [one, _] = cached;
    let wrong = bench.nix.store_dir().fixed_path("fetch", true, &sage_oci_derivation::sha256("")).unwrap();
    let directory = FixedDirectory { path: wrong.clone(), files: [one].into() };
    let error = bench.nix.add_fixed(&[directory]).unwrap_err();
    assert!(matches!(&error, StoreError::WrongContent { expected, .. } if *expected == wrong), "{error:?}");
    assert_eq!(bench.nix.is_valid(&[wrong]).unwrap(), [false]);
}

#[test]
fn a_root_keeps_what_the_collector_would_take() {
    let mut bench = Bench::new("root");
    let (kept, lost) = (bench.write("kept", "k"), bench.write("lost", "l"));
    bench.register();
    bench.realise(&[&kept, &lost]).0.unwrap();
    let link = bench.folder.join("result");
    bench.nix.add_root(kept.out(), &link).unwrap();
    bench.nix.add_root(kept.out(), &link).unwrap();
    assert_eq!(sage_oci_files::read_link(&link).unwrap().to_str(), Some(kept.out().as_str()));
    let status = Command::new(bench.nix.programs().join("nix-store"))
        .args(["--store", &format!("local?root={}", bench.folder.join("root").display()), "--gc"])
        .args(["--option", "build-users-group", ""])
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    assert_eq!(bench.nix.is_valid(&[kept.out().clone(), lost.out().clone()]).unwrap(), [true, false]);
}
