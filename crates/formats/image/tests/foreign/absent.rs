//! What an index names and is not here, half of it, and sizes that are not what is said.

use crate::place::{OCI_INDEX, OCI_MANIFEST, Place, digest, with};
use sage_oci_hint::Hint as _;
use sage_oci_image::{Depth, Image, ImageError, digest_of, validate};
use sage_oci_names::Architecture;
use serde_json::{Value, json};

/// What is left of an image of two platforms where one was pulled, and the entry of the other.
fn half_pulled() -> (Place, Value) {
    let mut place = Place::default();
    let here = place.image(OCI_MANIFEST, json!({}), |_| {});
    let here = with(here, &json!({ "platform": { "architecture": "amd64", "os": "linux" } }));
    let gone = json!({
        "mediaType": OCI_MANIFEST, "digest": digest_of(b"the other"), "size": 9,
        "platform": { "architecture": "arm64", "os": "linux", "variant": "v8" },
    });
    let index = place.add(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": [gone, here] }));
    (place.with_index(vec![index]), gone)
}

#[test]
fn a_platform_that_was_not_pulled() {
    let (place, gone) = half_pulled();
    let report = validate(&place, Depth::Full).unwrap();
    assert_eq!((report.images.len(), json!(report.absent)), (1, json!([gone])));
    assert_eq!(place.unread(), vec![]);
    place.open();
    let expected = format!("manifest {} is named, but it is not here", digest(&gone));
    let error = Image::open(&place, Architecture::Arm64).unwrap_err();
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().unwrap().contains("--all"), "{:?}", error.hint());
    assert!(report.complete().unwrap_err().to_string().contains(&digest(&gone).to_string()));
}

#[test]
fn an_index_that_is_not_here_and_nothing_that_is() {
    let (mut place, _) = half_pulled();
    let index = place.index["manifests"][0].clone();
    let image = place.image(OCI_MANIFEST, json!({ "author": "another" }), |_| {});
    place.blobs.remove(&digest(&index));
    let mut place = place.with_index(vec![index.clone(), image]);
    let report = validate(&place, Depth::Full).unwrap();
    assert_eq!((report.images.len(), json!(report.absent)), (1, json!([index])));
    place.open();
    // It may have the image that is asked for.
    let error = Image::open(&place, Architecture::Arm64).unwrap_err().to_string();
    assert_eq!(error, format!("index {} is named, but it is not here", digest(&index)));

    place.blobs.clear();
    let error = validate(&place, Depth::Fast).unwrap_err();
    assert!(matches!(error, ImageError::NothingHere { count: 2, first } if first == digest(&index)), "{error}");
    let missing = json!({ "mediaType": "text/x", "digest": digest_of(b"x"), "size": 1 });
    let place = Place::default().with_index(vec![missing]);
    assert!(matches!(validate(&place, Depth::Fast), Err(ImageError::NothingHere { count: 1, .. })));
}

#[test]
fn half_an_image_is_an_error_that_names_the_blob() {
    let (place, _) = half_pulled();
    let image = place.open();
    let [config, layer] = [image.manifest.config.digest, image.layers[0].descriptor.digest];
    for (blob, [gone, ..]) in place.damaged() {
        let named = if blob == config { "config" } else { "layer" };
        match validate(&gone, Depth::Fast).unwrap_err() {
            // Its manifest, or the index: then nothing at all is here.
            ImageError::NothingHere { count, .. } => {
                assert_eq!(count, if blob == image.descriptor.digest { 2 } else { 1 }, "{blob}");
            }
            error => {
                assert!([config, layer].contains(&blob), "{blob}");
                assert_eq!(error.to_string(), format!("{named} {blob} is named, but it is not here"));
            }
        }
    }
}

#[test]
fn a_size_is_told_as_it_is() {
    let said = |change: fn(&mut Value)| {
        let mut place = Place::default();
        let mut image = place.image(OCI_MANIFEST, json!({}), |manifest| change(&mut manifest["layers"][0]));
        change(&mut image);
        validate(&place.with_index(vec![image]), Depth::Fast).unwrap_err().to_string()
    };
    // The manifest has hundreds of bytes, however few are read to find that out.
    let text = said(|descriptor| descriptor["size"] = json!(4));
    let size: usize = text.split(" has ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(size > 400 && text.ends_with(" bytes, its descriptor says 4"), "{text}");
    assert!(said(|descriptor| descriptor["size"] = json!(1 << 20)).ends_with(" bytes, its descriptor says 1048576"));
    let text = said(|descriptor| descriptor["size"] = json!(u64::MAX));
    assert!(text.contains("is larger than 4194304 bytes"), "{text}");

    let mut place = Place::default();
    let image = place.image(OCI_MANIFEST, json!({}), |manifest| manifest["layers"][0]["size"] = json!(1));
    let text = validate(&place.with_index(vec![image]), Depth::Fast).unwrap_err().to_string();
    assert!(text.ends_with("has 13 bytes, its descriptor says 1"), "{text}");
    let mut place = Place::default();
    let other = with(place.add_bytes("text/x", b"bytes".to_vec()), &json!({ "size": 2 }));
    let text = validate(&place.with_index(vec![other]), Depth::Fast).unwrap_err().to_string();
    assert!(text.ends_with("has 5 bytes, its descriptor says 2"), "{text}");
}
