//! What is said of an image, beside it.

use crate::image::Made;
use crate::scene::{PATH, Scene};
use sage_oci_fake_registry::{Fault, Profile, Referrers, When};
use sage_oci_image::{Descriptor, Index, MediaType, canonical};
use sage_oci_registry::{Artifact, RegistryError};
use std::collections::BTreeMap;

const KIND: &str = "application/vnd.sage-oci.test-report.v1+json";

fn report(text: &str) -> Artifact {
    Artifact {
        kind: KIND.to_owned(),
        media_type: MediaType::from("application/json".to_owned()),
        bytes: text.as_bytes().to_vec(),
        annotations: BTreeMap::from([("green".to_owned(), "yes".to_owned())]),
    }
}

/// A registry with an image, its descriptor, and the tag that stands in for the API.
fn subject(profile: Profile) -> (Scene, Descriptor, String) {
    let scene = Scene::closed(profile);
    let image = Made::image(1, &[10]);
    scene.push(&image).unwrap();
    let descriptor = Descriptor::of(MediaType::MANIFEST, &image.document());
    scene.fake.forget();
    let tag = image.digest.replace(':', "-");
    (scene, descriptor, tag)
}

#[test]
fn a_report_is_found_and_read_back_everywhere() {
    for profile in Profile::all() {
        let (name, api) = (profile.name, profile.referrers == Referrers::Api);
        let (scene, image, tag) = subject(profile);
        let client = scene.client();
        let (one, two) = (report("{\"a\":1}"), report("{\"a\":2}"));
        let digests = [client.attach(&image, &one).unwrap(), client.attach(&image, &two).unwrap()];
        assert_ne!(digests[0], digests[1]);
        let reader = scene.reader();
        let mut found: Vec<_> = reader.referrers(&image.digest, KIND).unwrap();
        found.sort_by_key(|entry| entry.digest != digests[0]);
        assert_eq!(found.iter().map(|entry| entry.digest).collect::<Vec<_>>(), digests, "{name}");
        assert_eq!(found[0].annotations["green"], "yes", "{name}");
        for (digest, artifact) in digests.iter().zip([one.clone(), two]) {
            let read = reader.artifact(digest, KIND).unwrap().unwrap();
            assert_eq!(
                (read.bytes, read.kind, read.annotations),
                (artifact.bytes, artifact.kind, artifact.annotations)
            );
            assert_eq!(reader.artifact(digest, "another/kind").unwrap(), None);
        }
        assert!(reader.referrers(&image.digest, "another/kind").unwrap().is_empty(), "{name}");
        assert_eq!(scene.fake.tags(PATH).contains_key(&tag), !api, "{name}: the tag is for those without the API");
        // The same again writes nothing.
        scene.fake.forget();
        assert_eq!(client.attach(&image, &one).unwrap(), digests[0]);
        let writes =
            scene.fake.requests().iter().filter(|seen| !matches!(seen.method.as_str(), "GET" | "HEAD")).count();
        assert_eq!(writes, 0, "{name}");
    }
}

#[test]
fn nothing_is_said_of_an_image_that_nobody_spoke_of() {
    for profile in Profile::all() {
        let (scene, image, _) = subject(profile);
        assert!(scene.reader().referrers(&image.digest, KIND).unwrap().is_empty());
    }
}

#[test]
fn what_others_say_is_not_lost() {
    for rewrites in [1, 3] {
        let (scene, image, tag) = subject(Profile::docker_hub());
        let mut theirs = Descriptor::new(MediaType::MANIFEST, sage_oci_image::digest_of(b"theirs"), 5);
        theirs.rest.insert("artifactType".to_owned(), KIND.into());
        let index = canonical(&Index::new(vec![theirs.clone()], BTreeMap::new()));
        // The registry takes no index over what is not there; others have put theirs.
        scene.fake.put_manifest(
            PATH,
            &theirs.digest.to_string(),
            "application/vnd.oci.image.manifest.v1+json",
            b"theirs",
        );
        let fault = Fault::Rewrites {
            repository: PATH.to_owned(),
            tag: tag.clone(),
            media_type: "application/vnd.oci.image.index.v1+json".to_owned(),
            bytes: index,
        };
        scene.inject(fault, When::on("PUT", &format!("*/manifests/{tag}")).first(rewrites));
        let ours = scene.client().attach(&image, &report("{}")).unwrap();
        let found: Vec<_> =
            scene.reader().referrers(&image.digest, KIND).unwrap().iter().map(|entry| entry.digest).collect();
        assert!(found.contains(&ours) && found.contains(&theirs.digest), "{found:?}");
        assert_eq!(found.len(), 2);
    }
}

#[test]
fn another_who_never_ends_is_told_of() {
    let (scene, image, tag) = subject(Profile::docker_hub());
    let fault = Fault::Rewrites {
        repository: PATH.to_owned(),
        tag: tag.clone(),
        media_type: "application/vnd.oci.image.index.v1+json".to_owned(),
        bytes: canonical(&Index::new(Vec::new(), BTreeMap::new())),
    };
    scene.inject(fault, When::on("PUT", &format!("*/manifests/{tag}")));
    let error = scene.client().attach(&image, &report("{}")).unwrap_err();
    assert!(matches!(error, RegistryError::ReferrersRace { attempts: 4, .. }) && error.should_retry(), "{error}");
    assert_eq!(scene.count("PUT", &tag), 4);
}

#[test]
fn a_report_goes_up_in_spite_of_passing_troubles() {
    for fault in [Fault::Status(503), Fault::Reset, Fault::CutRequest(1), Fault::LostAnswer] {
        let (scene, image, _) = subject(Profile::distribution3());
        scene.inject(fault.clone(), Scene::uploads("PUT").first(2));
        let digest =
            scene.client().attach(&image, &report("{\"x\":1}")).unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert!(scene.reader().artifact(&digest, KIND).unwrap().is_some());
    }
    let (scene, image, _) = subject(Profile::distribution3());
    scene.inject(Fault::Status(503), Scene::uploads("PUT"));
    let error = scene.client().attach(&image, &report("{}")).unwrap_err();
    assert!(matches!(error, RegistryError::Refused { status: 503, .. }), "{error}");
    assert_eq!(scene.count("PUT", ""), 4);
    let (scene, image, _) = subject(Profile::distribution3());
    scene.inject(Fault::full(), Scene::uploads("PUT"));
    scene.client().attach(&image, &report("{}")).unwrap_err();
    assert_eq!(scene.count("PUT", ""), 1);
}

#[test]
fn a_report_with_other_bytes_is_not_believed() {
    let (scene, image, _) = subject(Profile::plain());
    let digest = scene.client().attach(&image, &report("{\"x\":1}")).unwrap();
    scene.inject(Fault::WrongBytes, When::on("GET", "/v2/*/blobs/*"));
    let error = scene.reader().artifact(&digest, KIND).unwrap_err().to_string();
    assert!(error.contains("makes no sense: its content is not sha256:"), "{error}");
    // An image is none.
    assert_eq!(scene.reader().artifact(&image.digest, KIND).unwrap(), None);
}
