//! NARs, their hashes and export streams against `nix-store`.

use crate::support::Nix;
use sage_oci_derivation::{DerivationBuilder, Derivations, ExportWriter, NarTree, NarWriter, nar_hash_of_directory};
use sage_oci_derivation::{StoreDir, sha256};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::Path;

fn tree() -> NarTree {
    NarTree::directory([
        ("a b", NarTree::file("")),
        ("Z", NarTree::file("12345678")),
        (
            "bin",
            NarTree::directory([("run", NarTree::executable("#!/bin/sh\n")), ("also", NarTree::Symlink("run".into()))]),
        ),
        ("dangling", NarTree::Symlink("/nowhere/ü".into())),
        ("empty", NarTree::Directory([].into())),
        ("ü", NarTree::file(vec![0xff; 300_000])),
    ])
}

/// Writes a tree to disk.
fn unpack(tree: &NarTree, to: &Path) {
    match tree {
        NarTree::File { executable, content } => {
            let mode = if *executable { 0o755 } else { 0o644 };
            fs::OpenOptions::new()
                .create_new(true)
                .write(true)
                .mode(mode)
                .open(to)
                .unwrap()
                .write_all(content)
                .unwrap();
        }
        NarTree::Symlink(target) => symlink(target, to).unwrap(),
        NarTree::Directory(entries) => {
            fs::create_dir(to).unwrap();
            entries.iter().for_each(|(name, node)| unpack(node, &to.join(name)));
        }
    }
}

#[test]
fn archives_and_added_paths_are_what_nix_makes() {
    let nix = Nix::new();
    let folder = nix.folder().join("tree");
    unpack(&tree(), &folder);
    let mut nar = NarWriter::new(Vec::new()).unwrap();
    tree().write("", &mut nar).unwrap();
    let bytes = nar.finish().unwrap();
    let folder = folder.to_str().unwrap();
    assert!(bytes == nix.run("nix-store", &["--dump", folder], b""), "the archives differ");

    let hash = tree().nar_hash().unwrap();
    assert_eq!((hash.sha256, hash.size), (sha256(&bytes), bytes.len() as u64));
    let line = |out: Vec<u8>| String::from_utf8(out).unwrap().trim().to_owned();
    let store = StoreDir::default();
    let added = line(nix.run("nix-store", &["--add", folder], b""));
    assert_eq!(store.source_path("tree", &hash.sha256, &[].into()).unwrap().as_str(), added);
    let fixed = line(nix.run("nix-store", &["--add-fixed", "--recursive", "sha256", folder], b""));
    assert_eq!(store.fixed_path("tree", true, &hash.sha256).unwrap().as_str(), fixed);
    let file = format!("{folder}/Z");
    let flat = line(nix.run("nix-store", &["--add-fixed", "sha256", &file], b""));
    assert_eq!(store.fixed_path("Z", false, &sha256("12345678")).unwrap().as_str(), flat);
}

#[test]
fn a_streamed_directory_hashes_as_the_tree_does() {
    let files = [("a", "first"), ("b", ""), ("c", "third")];
    let tree = NarTree::directory(files.map(|(name, text)| (name, NarTree::file(text))));
    let entries = files.map(|(name, text)| Ok((name, text.len() as u64, text.as_bytes())));
    assert_eq!(nar_hash_of_directory(entries).unwrap(), tree.nar_hash().unwrap());
    let unsorted = [("b", 0, &b""[..]), ("a", 0, &b""[..])].map(Ok);
    assert!(nar_hash_of_directory(unsorted).is_err());
}

#[test]
fn nix_imports_what_we_export() {
    let nix = Nix::new();
    let mut all = Derivations::default();
    let tool = NarTree::directory([("tool", NarTree::executable("x"))]);
    let tool_path = all.store_dir().fixed_path("tool", true, &tool.nar_hash().unwrap().sha256).unwrap();
    let drv = |name| {
        DerivationBuilder::new(name, "x86_64-linux", format!("{tool_path}/tool")).input_source(tool_path.clone())
    };
    let low = all.add(drv("low")).unwrap().clone();
    let top = all.add(drv("top").input(&low, "out").env("low", low.out().as_str())).unwrap().clone();

    let mut stream = ExportWriter::new(Vec::new());
    stream.object(&tool_path, &[].into(), None, |nar| tool.write("", nar)).unwrap();
    for finished in all.iter() {
        stream.derivation(finished).unwrap();
    }
    let bytes = stream.finish().unwrap();
    let imported = String::from_utf8(nix.run("nix-store", &["--import"], &bytes)).unwrap();
    assert_eq!(imported.lines().collect::<Vec<_>>(), [&tool_path, &low.path, &top.path].map(|path| path.as_str()));
    assert_eq!(nix.read(&top.path), top.bytes);
    let outputs = nix.run("nix-store", &["-q", "--outputs", top.path.as_str()], b"");
    assert_eq!(String::from_utf8(outputs).unwrap().trim(), top.out().as_str());
    let closure = nix.run("nix-store", &["-qR", top.path.as_str()], b"");
    assert_eq!(String::from_utf8(closure).unwrap().lines().count(), 3);
    nix.run("nix-store", &["--verify", "--check-contents"], b"");
    let paths = [&tool_path, &low.path, &top.path].map(|path| path.as_str());
    assert!(nix.run("nix-store", &[&["--export"], &paths[..]].concat(), b"") == bytes, "the streams differ");
}
