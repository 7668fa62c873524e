//! What this crate writes, read by an independent implementation of the specification.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

use sage_oci_image::{ConfigSettings, ImageInput, LayerRef, LayerType, OciLayout, assemble, blob_path, digest_of};
use sage_oci_names::{Architecture, DiffId, LayerName};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// A tar archive without entries: two blocks of zeros.
const EMPTY_TAR: [u8; 1024] = [0; 1024];

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::io::copy(&mut &bytes[..], &mut std::fs::File::create(path).unwrap()).unwrap();
}

#[test]
fn skopeo_reads_the_layout_and_agrees() {
    let blob = zstd::encode_all(&EMPTY_TAR[..], 3).unwrap();
    let layer = LayerRef {
        name: LayerName::parse("empty").unwrap(),
        diff_id: DiffId::new(digest_of(&EMPTY_TAR).sha256()),
        blob: digest_of(&blob),
        size: blob.len() as u64,
        media_type: LayerType::Zstd,
    };
    let config = ConfigSettings {
        env: vec!["LANG=C.UTF-8".to_owned()],
        labels: BTreeMap::from([("org.opencontainers.image.title".to_owned(), "empty".to_owned())]),
        ..ConfigSettings::default()
    };
    let annotations = BTreeMap::new();
    let input = ImageInput {
        architecture: Architecture::Amd64,
        epoch: 0,
        layers: vec![layer],
        config,
        annotations,
        below: None,
    };
    let made = assemble(&input).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("oci-layout"), &OciLayout::bytes());
    write(&folder.path().join("index.json"), &made.index);
    for bytes in [&made.config, &made.manifest, &blob] {
        write(&folder.path().join(blob_path(&digest_of(bytes))), bytes);
    }

    let reference = format!("oci:{}", folder.path().display());
    let output = Command::new("skopeo").args(["inspect", &reference]).output();
    let output = output.expect("this test needs the program `skopeo`");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let seen: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(seen["Digest"], made.manifest_digest.to_string());
    assert_eq!(seen["Created"], "1970-01-01T00:00:00Z");
    assert_eq!(seen["Architecture"], "amd64");
    assert_eq!(seen["Labels"]["org.opencontainers.image.title"], "empty");
    assert_eq!(seen["Layers"][0], input.layers[0].blob.to_string());

    // Copying makes skopeo hold every blob against its digest.
    let target = format!("dir:{}", folder.path().join("copy").display());
    let output = Command::new("skopeo").args(["copy", "--insecure-policy", &reference, &target]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
