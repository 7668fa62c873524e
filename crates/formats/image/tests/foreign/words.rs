//! What is an image is decided by its parts, and whatever it is called is read.

use crate::place::{OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, Place, TAR, digest, with};
use proptest::prelude::*;
use sage_oci_hint::Hint as _;
use sage_oci_image::{Depth, ImageError, Member, digest_of, members, validate};
use serde_json::{Value, json};

const IN_TOTO: &str = "application/vnd.in-toto+json";
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// What entries of an index say of what is behind them.
fn words() -> Vec<Value> {
    vec![
        json!({}),
        json!({ "artifactType": OCI_CONFIG }),
        json!({ "artifactType": "application/vnd.docker.container.image.v1+json" }),
        json!({ "artifactType": "application/x-other" }),
        json!({ "artifactType": null }),
        json!({ "annotations": { "vnd.docker.reference.type": "attestation-manifest" } }),
        json!({ "annotations": null }),
        json!({ "platform": { "architecture": "unknown", "os": "unknown" } }),
        json!({ "platform": { "architecture": "", "os": "" } }),
        json!({ "platform": {} }),
        json!({ "platform": { "architecture": null, "os": null } }),
        json!({ "platform": null }),
    ]
}

#[test]
fn no_word_makes_an_image_none() {
    let types = [json!(OCI_CONFIG), json!("application/x-other"), json!(""), json!(null), json!(7)];
    for (entry, on_manifest) in words().into_iter().flat_map(|word| types.iter().map(move |text| (word.clone(), text)))
    {
        let mut place = Place::default();
        let image = place.image(OCI_MANIFEST, json!({}), |manifest| manifest["artifactType"] = on_manifest.clone());
        let place = place.with_index(vec![with(image, &entry)]);
        let report = validate(&place, Depth::Full).unwrap();
        let said = format!("{entry}, {on_manifest}");
        assert_eq!((report.images.len(), report.others.len()), (1, 0), "{said}");
        assert_eq!((report.images[0].platform.as_str(), place.unread()), ("linux/amd64", vec![]), "{said}");
        assert_eq!(place.open().layers.len(), 1, "{said}");
        for (blob, [_, other, longer]) in place.damaged() {
            assert!(validate(&other, Depth::Full).is_err(), "{blob}, {said}");
            assert!(validate(&longer, Depth::Fast).is_err(), "{blob}, {said}");
        }
    }
    // And the content of its layers is held to the config, as of any image.
    let mut place = Place::default();
    let config = place.config(OCI_CONFIG, &[b"something else"], &json!({}));
    let layer = place.add_bytes(TAR, b"a layer's tar".to_vec());
    let image = place.manifest(config, json!([layer]), |manifest| manifest["artifactType"] = json!("application/x"));
    let place = place.with_index(vec![with(image, &words()[5])]);
    assert!(matches!(validate(&place, Depth::Full), Err(ImageError::DiffIdMismatch { .. })));
}

/// What cosign, BuildKit and ORAS write: an image configuration, and layers that are none; or another configuration.
fn others(place: &mut Place) -> Vec<Value> {
    let config = place.config(OCI_CONFIG, &[], &json!({ "architecture": "", "os": "", "config": {} }));
    let statement = place.add_bytes(IN_TOTO, b"{\"predicate\":{}}".to_vec());
    let signature = place.add_bytes(SIMPLE_SIGNING, b"{\"critical\":{}}".to_vec());
    let signature = with(signature, &json!({ "annotations": { "dev.cosignproject.cosign/signature": "MEUC" } }));
    let empty = place.add_bytes("application/vnd.oci.empty.v1+json", b"{}".to_vec());
    let file = place.add_bytes("text/plain", b"a file".to_vec());
    let tar = place.add_bytes(TAR, b"an artifact's tar".to_vec());
    vec![
        place.manifest(config.clone(), json!([signature]), |_| {}),
        place.manifest(config.clone(), json!([statement.clone(), statement]), |_| {}),
        place.manifest(empty.clone(), json!([file]), |manifest| manifest["artifactType"] = json!("text/plain")),
        // Layers alone make no image either.
        place.manifest(empty, json!([tar]), |_| {}),
    ]
}

#[test]
fn what_is_no_image_is_read_all_the_same() {
    for word in words() {
        let mut place = Place::default();
        let mut all: Vec<Value> = others(&mut place).into_iter().map(|other| with(other, &word)).collect();
        let unknown = place.add_bytes("application/x-unheard-of", b"bytes".to_vec());
        let image = place.image(OCI_MANIFEST, json!({}), |_| {});
        all.extend([unknown, image.clone()]);
        let place = place.with_index(all);
        let report = validate(&place, Depth::Full).unwrap();
        assert_eq!((report.images.len(), report.others.len(), place.unread()), (1, 5, vec![]), "{word}");
        assert_eq!(place.open().descriptor.digest, digest(&image), "{word}: they stand first, and are passed by");
        let entries: std::collections::BTreeSet<_> =
            place.index["manifests"].as_array().unwrap().iter().map(digest).collect();
        for (blob, [gone, other, longer]) in place.damaged() {
            assert!(validate(&other, Depth::Full).is_err(), "{blob} has another byte, {word}");
            assert!(validate(&longer, Depth::Fast).is_err(), "{blob} is longer, {word}");
            match validate(&gone, Depth::Fast) {
                Ok(report) => assert!(entries.contains(&blob) && report.absent.len() == 1, "{blob}, {word}"),
                Err(error) => {
                    assert!(!entries.contains(&blob) && error.to_string().contains(&blob.to_string()), "{error}");
                    assert!(error.to_string().ends_with("is named, but it is not here"), "{error}");
                }
            }
        }
    }
}

/// An index with nothing but these: `validate` counts images and others.
fn counted(place: Place, members: Vec<Value>) -> (usize, usize) {
    let place = place.with_index(members);
    let report = validate(&place, Depth::Full).unwrap();
    assert_eq!(place.unread(), vec![]);
    (report.images.len(), report.others.len())
}

#[test]
fn without_layers_each_word_counts_alone() {
    for (word, is_image) in
        words().into_iter().zip([true, true, true, false, true, false, true, false, true, true, true, true])
    {
        for layers in [json!([]), json!(null)] {
            let mut place = Place::default();
            let config = place.config(OCI_CONFIG, &[], &json!({}));
            let member = place.manifest(config, layers, |_| {});
            let expected = if is_image { (1, 0) } else { (0, 1) };
            assert_eq!(counted(place, vec![with(member, &word)]), expected, "{word}");
        }
    }
    // Docker leaves out the lists of an image without layers, or writes `null`.
    for (rootfs, artifact, expected) in [
        (json!({ "type": "layers" }), json!(null), (1, 0)),
        (json!({ "type": "layers", "diff_ids": null }), json!(null), (1, 0)),
        (json!({ "type": "layers" }), json!("application/x"), (0, 1)),
    ] {
        let mut place = Place::default();
        let config = place.config(OCI_CONFIG, &[], &json!({ "rootfs": rootfs }));
        let member = place.manifest(config, json!([]), |manifest| {
            manifest.as_object_mut().unwrap().remove("layers");
            manifest["artifactType"] = artifact;
        });
        assert_eq!(counted(place, vec![member]), expected);
    }
}

#[test]
fn the_image_is_the_one_that_nobody_calls_otherwise() {
    for word in [&words()[3], &words()[5], &words()[7]] {
        let mut place = Place::default();
        let called = place.image(OCI_MANIFEST, json!({ "author": "of an attestation in a tar" }), |_| {});
        let image = place.image(OCI_MANIFEST, json!({}), |_| {});
        let place = place.with_index(vec![with(called, word), image.clone()]);
        assert_eq!(place.open().descriptor.digest, digest(&image), "{word}");
    }
}

#[test]
fn layers_of_every_name_are_read_and_checked() {
    for media_type in [
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    ] {
        let mut place = Place::default();
        let config = place.config(OCI_CONFIG, &[b"a", b"b"], &json!({}));
        let layers = [place.add_bytes(TAR, b"a".to_vec()), place.add_bytes(media_type, b"b".to_vec())];
        let image = place.manifest(config, json!(layers), |_| {});
        let place = place.with_index(vec![image]);
        let report = validate(&place, Depth::Full).unwrap();
        assert_eq!((report.images[0].uncompressed, place.unread()), (Some(2), vec![]), "{media_type}");
        let all: Vec<_> = place.damaged().collect();
        let (_, [gone, other, _]) = all.iter().find(|(blob, _)| *blob == digest(&layers[1])).unwrap();
        assert!(matches!(validate(other, Depth::Full), Err(ImageError::DigestMismatch { .. })), "{media_type}");
        // Others need not hand it on: then it is said to be elsewhere, and the other layer is checked.
        match validate(gone, Depth::Full) {
            Ok(report) => {
                assert!(media_type.contains("foreign") || media_type.contains("nondistributable"));
                assert_eq!(json!(report.absent), json!([layers[1]]));
                assert_eq!((report.images[0].uncompressed, gone.unread()), (None, vec![]));
            }
            Err(error) => assert!(media_type.ends_with("rootfs.diff.tar.gzip"), "{media_type}: {error}"),
        }
    }
}

#[test]
fn layers_that_nobody_reads_are_named() {
    let image = |media_type: &str| {
        let mut place = Place::default();
        let config = place.config(OCI_CONFIG, &[b"a", b"b"], &json!({}));
        let layers = [place.add_bytes(TAR, b"a".to_vec()), place.add_bytes(media_type, b"b".to_vec())];
        let image = place.manifest(config, json!(layers), |_| {});
        validate(&place.with_index(vec![image]), Depth::Fast).unwrap_err()
    };
    let error = image("application/vnd.oci.image.layer.v1.tar+gzip+encrypted");
    let expected = format!(
        "layer {} is encrypted (application/vnd.oci.image.layer.v1.tar+gzip+encrypted), and cannot be read without a key",
        digest_of(b"b")
    );
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().unwrap().contains("--decryption-key"));
    let error = image("application/x-not-a-layer").to_string();
    assert!(error.ends_with("has media type application/x-not-a-layer, expected a layer's"), "{error}");
    // One that has encrypted layers only is an image all the same.
    let mut place = Place::default();
    let config = place.config(OCI_CONFIG, &[b"a"], &json!({}));
    let layer = place.add_bytes("application/vnd.docker.image.rootfs.diff.tar+encrypted", b"a".to_vec());
    let image = place.manifest(config, json!([layer]), |_| {});
    assert!(matches!(validate(&place.with_index(vec![image]), Depth::Fast), Err(ImageError::Encrypted { .. })));
}

#[test]
fn an_index_may_leave_out_what_is_meant() {
    let mut place = Place::default();
    let image = place.image(OCI_MANIFEST, json!({}), |_| {});
    place.index = json!({ "manifests": [image] });
    assert_eq!(validate(&place, Depth::Full).unwrap().images.len(), 1);
    place.index = json!({ "manifests": null });
    assert_eq!(validate(&place, Depth::Full).unwrap().images.len(), 0);
    for wrong in [json!(1), json!(3)] {
        place.index = json!({ "schemaVersion": wrong, "manifests": [] });
        assert!(matches!(validate(&place, Depth::Fast), Err(ImageError::WrongValue { field: "schemaVersion", .. })));
    }
}

/// Three small documents that name each other ten thousand million times.
#[test]
fn an_index_that_is_named_again_is_followed_once() {
    let mut place = Place::default();
    let mut entry = place.image(OCI_MANIFEST, json!({}), |_| {});
    for _ in 0..3 {
        let again = vec![entry; 2000];
        let seen = again.first().filter(|entry| entry["mediaType"] == OCI_MANIFEST).map_or(2000, |_| 1);
        entry = place.add(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": again[..seen] }));
    }
    let place = place.with_index(vec![entry; 2000]);
    assert_eq!(members(&place).unwrap().len(), 1);
}

proptest! {
    /// Whatever is valid was read to its end, whatever it is called and made of.
    #[test]
    fn nothing_unread_is_valid(picks in prop::collection::vec((0..12_usize, 0..12_usize, 0..5_usize, 0..5_usize, 0..4_usize), 1..4)) {
        let types = ["application/vnd.oci.empty.v1+json", OCI_CONFIG, TAR, IN_TOTO, "application/vnd.docker.image.rootfs.foreign.diff.tar"];
        let artifact = [json!(null), json!(OCI_CONFIG), json!("application/x"), json!("")];
        let words = words();
        let mut place = Place::default();
        let mut entries = Vec::new();
        for (at, (word, further, config, layer, on_manifest)) in picks.into_iter().enumerate() {
            let bytes = format!("layer {at}").into_bytes();
            let config = place.config(types[config], &[&bytes], &json!({}));
            let layer = place.add_bytes(types[layer], bytes);
            let manifest = place.manifest(config, json!([layer]), |manifest| manifest["artifactType"] = artifact[on_manifest].clone());
            entries.push(with(with(manifest, &words[word]), &words[further]));
        }
        let index = place.add(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": entries }));
        let place = place.with_index(vec![index]);
        let report = validate(&place, Depth::Full).unwrap();
        prop_assert_eq!(place.unread(), vec![]);
        prop_assert_eq!(report.images.len() + report.others.len(), entries.len());
        for descriptor in members(&place).unwrap() {
            let is_image = matches!(Member::read(&place, &descriptor).unwrap(), Member::Image(_));
            prop_assert_eq!(is_image, report.images.iter().any(|image| image.manifest == descriptor.digest));
        }
    }
}
