//! A base image of hand-made layers: what counts as there for an image on top.

use sage_oci_image::{
    ConfigSettings, ImageInput, LayerRef, LayerType, OCI_LAYOUT, OciLayout, assemble, blob_path, digest_of,
};
use sage_oci_names::{Architecture, DiffId, LayerName};
use sage_oci_steps::read_base;
use std::collections::BTreeMap;
use std::path::Path;

/// A layer as another program would write it: empty files, and directories where a slash ends the name.
fn layer(names: &[&str]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for name in names {
        let mut header = tar::Header::new_ustar();
        header.set_size(0);
        header.set_mode(0o755);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_entry_type(if name.ends_with('/') { tar::EntryType::Directory } else { tar::EntryType::Regular });
        tar.append_data(&mut header, name, std::io::empty()).unwrap();
    }
    tar.into_inner().unwrap()
}

fn write(folder: &Path, layers: &[Vec<u8>]) {
    let layer = |(at, bytes): (usize, &Vec<u8>)| LayerRef {
        name: LayerName::parse(&format!("layer{at}")).unwrap(),
        diff_id: DiffId::new(digest_of(bytes).sha256()),
        blob: digest_of(bytes),
        size: bytes.len() as u64,
        media_type: LayerType::Tar,
    };
    let made = assemble(&ImageInput {
        architecture: Architecture::Amd64,
        epoch: 0,
        layers: layers.iter().enumerate().map(layer).collect(),
        config: ConfigSettings::default(),
        annotations: BTreeMap::new(),
        below: None,
    })
    .unwrap();
    sage_oci_files::create_dir_all(folder.join("blobs/sha256")).unwrap();
    for bytes in layers.iter().chain([&made.config, &made.manifest]) {
        sage_oci_files::write_new(folder.join(blob_path(&digest_of(bytes))), bytes).unwrap();
    }
    sage_oci_files::write_new(folder.join(OCI_LAYOUT), &OciLayout::bytes()).unwrap();
    sage_oci_files::write_new(folder.join("index.json"), &made.index).unwrap();
}

/// The names of the store paths that an image of these layers has.
fn store_paths(layers: &[&[&str]]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let named = |name: &&str| name.replace("HASH", &"0".repeat(32));
    let layers: Vec<Vec<u8>> = layers
        .iter()
        .map(|names| {
            let names: Vec<String> = names.iter().map(named).collect();
            layer(&names.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .collect();
    write(folder.path(), &layers);
    let base = read_base(folder.path(), Architecture::Amd64).unwrap();
    assert_eq!(base.contents.layers, layers.len());
    base.contents.paths.iter().map(|path| path.as_str().rsplit_once('-').unwrap().1.to_owned()).collect()
}

#[test]
fn what_a_layer_hides_is_not_there_for_the_next_image() {
    let below = &[
        "nix/",
        "nix/store/",
        "nix/store/HASH-a/",
        "nix/store/HASH-a/bin/",
        "nix/store/HASH-a/bin/x",
        "nix/store/HASH-b",
    ][..];
    assert_eq!(store_paths(&[below]), ["a", "b"]);
    assert_eq!(store_paths(&[below, &["nix/store/.wh.HASH-a"]]), ["b"]);
    assert_eq!(store_paths(&[below, &["nix/store/", "nix/store/.wh..wh..opq", "nix/store/HASH-c/"]]), ["c"]);
    assert_eq!(
        store_paths(&[below, &["nix/store/HASH-c/", "nix/store/.wh..wh..opq"]]),
        ["c"],
        "wherever the mark stands"
    );
    assert_eq!(store_paths(&[below, &[".wh..wh..opq"]]), Vec::<String>::new());
    assert_eq!(
        store_paths(&[below, &["nix/store/HASH-a/", "nix/store/HASH-a/bin/.wh.x"]]),
        ["b"],
        "half a path is none"
    );
    assert_eq!(store_paths(&[below, &[".wh..wh..opq"], below]), ["a", "b"]);
}

#[test]
fn a_layer_that_is_not_here_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let layers = [layer(&["a/"]), layer(&["b/"])];
    write(folder.path(), &layers);
    sage_oci_files::remove_file(folder.path().join(blob_path(&digest_of(&layers[1])))).unwrap();
    let error = read_base(folder.path(), Architecture::Amd64).unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    let said = format!("{error}: {cause}");
    assert!(said.contains(&format!("layer {} is named, but it is not here", digest_of(&layers[1]))), "{said}");
}
