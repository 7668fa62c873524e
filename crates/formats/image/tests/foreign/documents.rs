//! What other programs write is read, and nothing of it is lost.

use crate::place::{DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, Place};
use proptest::prelude::*;
use sage_oci_image::{
    Below, Depth, Descriptor, Image, ImageConfig, ImageError, ImageInput, Index, Kind, Manifest, assemble,
    assemble_index, canonical, digest_of, members, validate,
};
use sage_oci_names::Architecture;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What `docker save` of an old engine writes: Docker's types, nulls for what is empty, facts about a container.
fn docker_config() -> Value {
    json!({
        "created": "2024-05-06T07:08:09.123456789Z", "author": "A. Uthor", "docker_version": "20.10.24",
        "container": "0123abcd", "os.version": "12",
        "config": {
            "Hostname": "", "User": "", "AttachStdin": false, "Env": ["PATH=/bin"], "Cmd": ["sh"], "Image": "sha256:00",
            "Volumes": null, "WorkingDir": "", "Entrypoint": null, "OnBuild": ["RUN true"], "Labels": null,
            "Healthcheck": { "Test": ["CMD", "true"], "Interval": 30_000_000_000_u64 }, "Shell": ["/bin/bash", "-c"],
            "org.example.vendor": { "a": [1, 2] },
        },
        "container_config": { "Cmd": ["/bin/sh", "-c", "#(nop)"] },
        "history": [
            { "created": "2024-05-06T07:08:09Z", "created_by": "ADD file:x in /", "author": "A. Uthor" },
            { "created": "2024-05-06T07:08:10Z", "created_by": "CMD [\"sh\"]", "empty_layer": true },
        ],
    })
}

#[test]
fn dockers_documents_are_read() {
    let mut place = Place::default();
    let member = place.image(DOCKER_MANIFEST, docker_config(), |_| {});
    let place = place.with_index(vec![member]);
    let image = place.open();
    assert_eq!(image.manifest.media_type.kind(), Kind::Manifest);
    assert_eq!(image.config.config.rest["Healthcheck"]["Interval"], json!(30_000_000_000_u64));
    assert_eq!(image.config.config.cmd, ["sh"]);
    assert_eq!(image.layers[0].name, None);
    let report = validate(&place, Depth::Full).unwrap();
    assert_eq!((report.images.len(), report.others.len()), (1, 0));
    // The bytes are those that were there, not what this program would write.
    assert_eq!(digest_of(&image.manifest_bytes), image.descriptor.digest);
    assert_eq!(digest_of(&image.config_bytes), image.manifest.config.digest);
}

#[test]
fn an_image_above_keeps_what_the_lower_one_says() {
    let mut place = Place::default();
    let member = place.image(DOCKER_MANIFEST, docker_config(), |_| {});
    let base = place.with_index(vec![member]).open();
    let made = |base: &Image| {
        assemble(&ImageInput {
            architecture: Architecture::Amd64,
            epoch: 1,
            layers: Vec::new(),
            config: base.config.config.clone(),
            annotations: BTreeMap::new(),
            below: Some(Below::of(base)),
        })
        .unwrap()
    };
    let config: Value = serde_json::from_slice(&made(&base).config).unwrap();
    assert_eq!(config["history"], docker_config()["history"]);
    for key in ["OnBuild", "Healthcheck", "Shell", "org.example.vendor"] {
        assert_eq!(config["config"][key], docker_config()["config"][key], "{key}");
    }
    assert_eq!((&config["author"], &config["os.version"]), (&json!("A. Uthor"), &json!("12")));
    // What is true of another container only.
    for key in ["docker_version", "container", "container_config"] {
        assert_eq!(config.get(key), None, "{key}");
    }
    // In OCI's words, as the new manifest is.
    let manifest: Value = serde_json::from_slice(&made(&base).manifest).unwrap();
    assert_eq!(manifest["layers"][0]["mediaType"], "application/vnd.oci.image.layer.v1.tar");
}

#[test]
fn platforms_that_only_the_config_names() {
    let mut place = Place::default();
    let member = place.image(OCI_MANIFEST, json!({ "history": null, "config": null }), |manifest| {
        manifest.as_object_mut().unwrap().remove("mediaType");
    });
    let place = place.with_index(vec![member]);
    assert_eq!(place.open().layers.len(), 1);
    let error = Image::open(&place, Architecture::Arm64).unwrap_err();
    assert_eq!(error.to_string(), "the index has no linux image for arm64; it has linux/amd64");
}

/// What BuildKit writes: an index in the index, an image and what attests how it was made.
#[test]
fn members_that_are_no_images() {
    let mut place = Place::default();
    let mut image = place.image(OCI_MANIFEST, json!({}), |_| {});
    image["platform"] = json!({ "architecture": "amd64", "os": "linux", "os.features": ["x"] });
    let config = place.config(OCI_CONFIG, &[b"{}"], &json!({ "architecture": "unknown", "os": "unknown" }));
    let statement = place.add_bytes("application/vnd.in-toto+json", b"{ }".to_vec());
    let mut attestation = place.add(
        OCI_MANIFEST,
        &json!({
            "schemaVersion": 2, "config": config, "layers": [statement],
        }),
    );
    attestation["platform"] = json!({ "architecture": "unknown", "os": "unknown" });
    attestation["annotations"] = json!({ "vnd.docker.reference.type": "attestation-manifest" });
    let empty = place.add_bytes("application/vnd.oci.empty.v1+json", b"{}".to_vec());
    let artifact = place
        .add(OCI_MANIFEST, &json!({ "schemaVersion": 2, "artifactType": "text/x", "config": empty, "layers": [] }));
    let other = place.add_bytes("application/x-unheard-of", b"bytes".to_vec());
    let inner = place.add(
        OCI_INDEX,
        &json!({
            "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [image, attestation, artifact, other],
            "subject": { "a": 1 },
        }),
    );
    let place = place.with_index(vec![inner]);
    place.open();
    let report = validate(&place, Depth::Full).unwrap();
    assert_eq!((report.images.len(), report.others.len()), (1, 3));

    let all = members(&place).unwrap();
    let again: Vec<Value> = all.iter().map(|member| serde_json::to_value(member).unwrap()).collect();
    assert_eq!(again, [image, attestation, artifact, other], "descriptors are passed on as they are");

    // They are damaged like any blob.
    let mut damaged = place;
    damaged.blobs.insert(digest_of(b"bytes"), b"other".to_vec());
    assert!(matches!(validate(&damaged, Depth::Full), Err(ImageError::DigestMismatch { .. })));
}

#[test]
fn an_index_passes_members_on_with_all_that_they_say() {
    let digest = digest_of(b"m");
    let member = json!({
        "mediaType": OCI_MANIFEST, "digest": digest, "size": 1, "urls": ["https://example.org/m"], "data": "bQ==",
        "platform": { "architecture": "arm64", "os": "linux", "variant": "v8", "os.version": "1" },
    });
    let read: Descriptor = serde_json::from_value(member.clone()).unwrap();
    let made = assemble_index(vec![read], BTreeMap::new()).unwrap();
    let index: Value = serde_json::from_slice(&made.image_index).unwrap();
    assert_eq!(index["manifests"][0], member);
}

#[test]
fn what_is_wrong_is_still_an_error_that_names_it() {
    let mut place = Place::default();
    let member = place.image(OCI_MANIFEST, json!({ "rootfs": { "type": "layers", "diff_ids": [] } }), |_| {});
    let error = validate(&place.with_index(vec![member]), Depth::Fast).unwrap_err().to_string();
    assert_eq!(error, "the manifest has 1 layers, the config 0 diff ids");

    let mut place = Place::default();
    let mut member = place.image(OCI_MANIFEST, json!({}), |_| {});
    member["digest"] = json!(format!("sha512:{}", "0".repeat(128)));
    let error = validate(&place.with_index(vec![member]), Depth::Fast).unwrap_err();
    assert!(matches!(&error, ImageError::Json { source, .. } if source.to_string().contains("sha512")), "{error:?}");
}

/// Any JSON object whose keys are none of those that this program has fields for.
fn rest() -> impl Strategy<Value = serde_json::Map<String, Value>> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(Value::Null)
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    });
    prop::collection::btree_map("x-[a-z.]{1,8}", value, 0..5).prop_map(|map| map.into_iter().collect())
}

proptest! {
    /// Reading and writing loses no key that somebody else has put anywhere.
    #[test]
    fn nothing_unknown_is_lost(in_config in rest(), in_settings in rest(), in_history in rest(), in_manifest in rest(), in_descriptor in rest(), in_index in rest()) {
        let with = |mut fixed: Value, rest: &serde_json::Map<String, Value>| {
            fixed.as_object_mut().unwrap().extend(rest.clone());
            fixed
        };
        let descriptor = with(json!({ "mediaType": OCI_MANIFEST, "digest": digest_of(b"m"), "size": 1 }), &in_descriptor);
        let config = with(json!({
            "architecture": "amd64", "os": "linux", "config": with(json!({ "Cmd": ["x"] }), &in_settings),
            "rootfs": { "type": "layers", "diff_ids": [] }, "history": [with(json!({ "created_by": "x" }), &in_history)],
        }), &in_config);
        let manifest = with(json!({ "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor, "layers": [descriptor] }), &in_manifest);
        let index = with(json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [descriptor] }), &in_index);
        let again = |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).unwrap();
        prop_assert_eq!(again(canonical(&serde_json::from_value::<ImageConfig>(config.clone()).unwrap())), config);
        prop_assert_eq!(again(canonical(&serde_json::from_value::<Manifest>(manifest.clone()).unwrap())), manifest);
        prop_assert_eq!(again(canonical(&serde_json::from_value::<Index>(index.clone()).unwrap())), index);
    }
}
