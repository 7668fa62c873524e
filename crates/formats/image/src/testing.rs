//! Tiny images for this crate's tests.

use crate::{ConfigSettings, Empty, ImageInput, LayerRef, LayerType, MemoryImage, assemble, digest_of};
use sage_oci_names::{Architecture, DiffId, LayerName};
use std::collections::BTreeMap;

/// An input with one zstd layer a name, and the layers' blobs.
pub(crate) fn input(names: &[&str]) -> (ImageInput, Vec<Vec<u8>>) {
    let mut blobs = Vec::new();
    let mut layers = Vec::new();
    for name in names {
        let content = format!("content of {name}").repeat(100).into_bytes();
        let blob = zstd::encode_all(&content[..], 3).unwrap();
        layers.push(LayerRef {
            name: LayerName::parse(name).unwrap(),
            diff_id: DiffId::new(digest_of(&content).sha256()),
            blob: digest_of(&blob),
            size: blob.len() as u64,
            media_type: LayerType::Zstd,
        });
        blobs.push(blob);
    }
    let config = ConfigSettings {
        user: Some("1000:1000".to_owned()),
        env: vec!["LANG=C.UTF-8".to_owned()],
        cmd: vec!["sage".to_owned()],
        exposed_ports: BTreeMap::from([("8888/tcp".to_owned(), Empty {})]),
        ..ConfigSettings::default()
    };
    let annotations = BTreeMap::from([("org.opencontainers.image.title".to_owned(), "t".to_owned())]);
    (
        ImageInput {
            architecture: Architecture::Amd64,
            epoch: 1_704_164_645,
            layers,
            config,
            annotations,
            below: None,
        },
        blobs,
    )
}

/// A whole image in memory.
pub(crate) fn image(names: &[&str]) -> (ImageInput, MemoryImage) {
    let (input, blobs) = input(names);
    let image = MemoryImage::new(&assemble(&input).unwrap(), blobs);
    (input, image)
}
