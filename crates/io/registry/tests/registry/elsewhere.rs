//! Redirects and `Location`s that lead to another host: the bytes come through, and who we are stays at home.

use crate::image::Made;
use crate::scene::{CHUNK, PATH, Scene};
use sage_oci_fake_registry::{FakeRegistry, Fault, Location, Profile, When};
use sage_oci_image::{Depth, validate};
use sage_oci_registry::RemoteImage;

/// Nobody has shown anything there.
fn knows_nobody(other: &FakeRegistry) {
    let requests = other.requests();
    assert!(!requests.is_empty());
    for seen in requests {
        assert_eq!(seen.authorization, None, "{}", seen.line());
        assert!(seen.headers.iter().all(|(name, value)| name != "cookie" && !value.contains("marked")));
    }
}

#[test]
fn a_blob_that_lies_elsewhere_is_read_there() {
    for profile in [Profile::plain(), Profile::distribution2()] {
        let scene = Scene::closed(profile);
        let (other, image) = (FakeRegistry::start(Profile::plain()), Made::image(1, &[CHUNK, 10]));
        scene.push(&image).unwrap();
        for blob in &image.blobs {
            other.put_blob(PATH, &image.content(&blob.digest));
        }
        scene.inject(Fault::Redirect(other.url()), When::on("*", "/v2/*/blobs/*"));
        // And a read that breaks there goes on there.
        other.inject(Fault::CutAnswer(1000), When::on("GET", &format!("*{}", image.blobs[0].digest)).first(1));
        let remote = RemoteImage::open(scene.reader(), &image.digest).unwrap();
        assert_eq!(validate(&remote, Depth::Fast).unwrap().complete().unwrap().images.len(), 1);
        let mut bytes = Vec::new();
        let blob = sage_oci_image::open_blob(&remote, "layer", &image.blobs[0].digest);
        std::io::Read::read_to_end(&mut blob.unwrap(), &mut bytes).unwrap();
        assert!(bytes == image.content(&image.blobs[0].digest));
        knows_nobody(&other);
        assert!(scene.fake.requests().iter().any(|seen| seen.authorization.is_some()));
    }
}

#[test]
fn an_upload_that_goes_elsewhere_goes_there_without_us() {
    for refuse_whole in [false, true] {
        let scene = Scene::closed(Profile::plain());
        let (other, image) = (FakeRegistry::start(Profile::plain()), Made::image(1, &[3 * CHUNK]));
        let location = other_upload(&other);
        scene
            .inject(Fault::LocationElsewhere(format!("{}{location}?x=", other.url())), Scene::uploads("POST").first(1));
        if refuse_whole {
            other.inject(Fault::Status(413), Scene::uploads("PUT").first(1));
        }
        let client = scene.client();
        let error = client.push(&image, scene.journals.path(), &scene.tale).unwrap_err();
        // The other host has it now; the registry of the test does not look there, and says so.
        assert!(error.to_string().contains("is not there"), "{error}");
        let digest = image.blobs.iter().find(|blob| other.has_blob(PATH, &blob.digest.to_string())).unwrap().digest;
        assert!(other.blob(PATH, &digest.to_string()).unwrap() == image.content(&digest));
        knows_nobody(&other);
        assert_eq!(other.requests().len() > 1, refuse_whole);
    }
}

/// The path of a new upload there.
fn other_upload(other: &FakeRegistry) -> String {
    let answer = ureq::post(format!("{}/v2/{PATH}/blobs/uploads/", other.url())).send_empty().unwrap();
    let location = answer.headers().get("location").unwrap().to_str().unwrap();
    let path = location.strip_prefix(&other.url()).unwrap().to_owned();
    other.forget();
    path
}

#[test]
fn a_location_may_be_a_path() {
    let mut profile = Profile::distribution3();
    profile.location = Location::Path;
    let scene = Scene::closed(profile);
    let image = Made::image(1, &[3 * CHUNK]);
    scene.inject(Fault::Status(413), Scene::uploads("PUT").first(1));
    scene.push(&image).unwrap();
    assert_eq!(scene.count("PATCH", ""), 3);
}

#[test]
fn a_redirect_that_goes_round_in_a_circle_is_an_end() {
    let scene = Scene::new(Profile::plain());
    let image = Made::image(1, &[10]);
    scene.inject(Fault::Redirect(scene.fake.url()), When::on("*", "*"));
    let error = scene.push(&image).unwrap_err().to_string();
    assert!(error.contains("status 307"), "{error}");
    assert!(scene.fake.requests().len() <= 6 * 3);
    // What writes follows none.
    let scene = Scene::new(Profile::plain());
    scene.inject(Fault::Redirect(scene.fake.url()), When::on("POST", "*"));
    assert!(scene.push(&image).is_err());
    assert!(scene.count("POST", "") <= 3);
}
