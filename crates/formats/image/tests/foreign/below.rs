//! What an image of ours keeps of one that it lies on.

use crate::place::{DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, Place, TAR, digest, with};
use sage_oci_image::{
    Assembled, Below, Descriptor, Image, ImageConfig, ImageInput, Index, LayerRef, LayerType, assemble, digest_of,
    read_document,
};
use sage_oci_names::{Architecture, DiffId, LayerName};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An image of one layer on top.
fn on_top(base: &Image) -> Assembled {
    let own = LayerRef {
        name: LayerName::parse("own").unwrap(),
        diff_id: DiffId::new(digest_of(b"own").sha256()),
        blob: digest_of(b"own"),
        size: 3,
        media_type: LayerType::Tar,
    };
    assemble(&ImageInput {
        architecture: Architecture::Amd64,
        epoch: 1,
        layers: vec![own],
        config: base.config.config.clone(),
        annotations: BTreeMap::new(),
        below: Some(Below::of(base)),
    })
    .unwrap()
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// A base whose layers are described so, and its config with these keys.
fn base(layers: &[Value], config: Value) -> Image {
    let mut place = Place::default();
    let contents: Vec<Vec<u8>> = (0..layers.len()).map(|at| format!("layer {at}").into_bytes()).collect();
    let refs: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    let config = place.config(OCI_CONFIG, &refs, &config);
    let layers: Vec<Value> =
        contents.iter().zip(layers).map(|(bytes, said)| with(place.add_bytes(TAR, bytes.clone()), said)).collect();
    let image = place.manifest(config, json!(layers), |_| {});
    place.with_index(vec![image]).open()
}

#[test]
fn descriptors_and_history_stand_as_they_are() {
    // What a reader with fields for it would drop, or write otherwise.
    let said = json!({
        "annotations": {}, "urls": ["https://example.org/x"], "data": null, "platform": null, "x": [1.5, { "b": 1, "a": 2 }],
    });
    let history = json!([
        { "created": null, "created_by": "one", "empty_layer": false, "author": "A. Uthor" },
        { "created": "2024-05-06T07:08:09.123456789+02:00", "comment": "", "empty_layer": true },
    ]);
    let base = base(std::slice::from_ref(&said), json!({ "history": history }));
    let made = on_top(&base);
    let layers = parsed(&made.manifest)["layers"].clone();
    assert_eq!(layers[0], parsed(&base.manifest_bytes)["layers"][0]);
    assert_eq!(layers[0]["urls"], said["urls"]);
    assert_eq!(layers.as_array().unwrap().len(), 2);
    let config = parsed(&made.config);
    assert_eq!(config["history"].as_array().unwrap()[..2], history.as_array().unwrap()[..]);
    assert_eq!(config["history"][2]["created_by"], "sage-oci layer own");
}

#[test]
fn only_dockers_media_types_are_put_in_other_words() {
    for (given, kept) in [
        ("application/vnd.docker.image.rootfs.diff.tar", TAR),
        (
            "application/vnd.docker.image.rootfs.foreign.diff.tar",
            "application/vnd.oci.image.layer.nondistributable.v1.tar",
        ),
        (
            "application/vnd.oci.image.layer.nondistributable.v1.tar",
            "application/vnd.oci.image.layer.nondistributable.v1.tar",
        ),
        ("application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.oci.image.layer.v1.tar+gzip"),
    ] {
        let base = base(&[json!({ "mediaType": given, "urls": ["u"] })], json!({}));
        let before = with(parsed(&base.manifest_bytes)["layers"][0].clone(), &json!({ "mediaType": kept }));
        assert_eq!(parsed(&on_top(&base).manifest)["layers"][0], before, "{given}");
    }
}

#[test]
fn its_machine_is_kept() {
    let machine = json!({ "variant": "v3", "os.version": "10.0", "os.features": ["win32k"], "author": "A. Uthor" });
    let made = on_top(&base(&[json!({})], machine.clone()));
    let config = parsed(&made.config);
    for (key, value) in machine.as_object().unwrap() {
        assert_eq!(&config[key], value, "{key}");
    }
    let platform = json!({
        "architecture": "amd64", "os": "linux", "variant": "v3", "os.version": "10.0", "os.features": ["win32k"],
    });
    assert_eq!(json!(made.descriptor.platform), platform);
    assert_eq!(parsed(&made.index)["manifests"][0]["platform"], platform);
    // Silence is none of its facts.
    let made = on_top(&base(&[json!({})], json!({ "variant": "" })));
    assert_eq!(json!(made.descriptor.platform), json!({ "architecture": "amd64", "os": "linux" }));
    assert_eq!(parsed(&made.config).get("variant"), None);
}

/// As this program writes it.
const BY: &str = "sage-oci layer x";

#[test]
fn history_that_counts_other_layers_than_there_are() {
    let entry = |by: &str, empty: bool| json!({ "created_by": by, "empty_layer": empty });
    let all = |kinds: &[bool]| kinds.iter().map(|empty| entry(BY, *empty)).collect::<Vec<_>>();
    for (history, kept) in [
        (json!(null), 0),
        (json!([]), 0),
        (json!(all(&[false])), 1),
        (json!(all(&[true, false, true])), 3),
        (json!(all(&[false, false])), 2),
        // More than there are: which of them stand for a layer nobody can tell.
        (json!(all(&[false, true, false, false])), 1),
        (json!(all(&[false, false, false])), 0),
    ] {
        let base = base(&[json!({}), json!({})], json!({ "history": history }));
        // Only one of just as many entries names its layers.
        let named = base.layers.iter().filter(|layer| layer.name.as_deref() == Some("x")).count();
        assert_eq!(named, if history == json!(all(&[false, false])) { 2 } else { 0 }, "{history}");
        let made: ImageConfig = serde_json::from_slice(&on_top(&base).config).unwrap();
        assert_eq!(made.history.iter().filter(|entry| !entry.empty_layer).count(), 3, "{history}");
        let given = made.history.iter().filter(|entry| entry.created_by.as_deref() == Some(BY));
        assert_eq!(given.count(), kept, "{history}");
    }
}

#[test]
fn bytes_are_those_that_somebody_wrote() {
    let mut place = Place::default();
    let image = place.image(DOCKER_MANIFEST, json!({}), |_| {});
    let index = place.add(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": [image], "annotations": null }));
    let place = place.with_index(vec![index.clone()]);
    let opened = place.open();
    assert_eq!(opened.manifest_bytes, place.blobs[&digest(&image)]);
    assert_eq!(opened.config_bytes, place.blobs[&opened.manifest.config.digest]);
    let descriptor: Descriptor = serde_json::from_value(index.clone()).unwrap();
    let (read, bytes): (Index, _) = read_document(&place, "index", &descriptor).unwrap();
    assert_eq!((&bytes, read.manifests.len()), (&place.blobs[&digest(&index)], 1));
    assert!(bytes.contains(&b'\n'), "in this program's words there is no white space");
}
