//! Images that are read where they are.

use crate::image::Made;
use crate::scene::{CHUNK, PATH, Scene};
use sage_oci_fake_registry::{Fault, Profile, Ranges, When};
use sage_oci_image::{Depth, ImageError, ImageSource, validate};
use sage_oci_names::BlobDigest;
use sage_oci_registry::{RegistryError, RemoteImage};
use std::io::Read;

const SIZE: u64 = 5 * CHUNK + 77;

/// A registry that has an index over two images, and the index.
fn filled(profile: Profile) -> (Scene, Made) {
    let scene = Scene::new(profile);
    let image = Made::index(&[(1, &[SIZE, 10]), (2, &[700])]);
    scene.push(&image).unwrap();
    scene.fake.forget();
    (scene, image)
}

fn read(image: &RemoteImage, digest: &BlobDigest) -> Result<Vec<u8>, std::io::Error> {
    let mut bytes = Vec::new();
    image.blob(digest).unwrap().unwrap().read_to_end(&mut bytes).map(|_| bytes)
}

#[test]
fn every_registrys_image_is_valid() {
    for profile in Profile::all() {
        let name = profile.name;
        let (scene, image) = filled(profile);
        let remote = RemoteImage::open(scene.reader(), &image.digest).unwrap();
        assert_eq!(remote.descriptor().digest.to_string(), image.digest);
        let report = validate(&remote, Depth::Full).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((report.images.len(), report.absent.len()), (2, 0), "{name}");
    }
}

#[test]
fn only_what_is_asked_for_is_fetched() {
    let (scene, image) = filled(Profile::plain());
    let remote = RemoteImage::open(scene.reader(), &image.digest).unwrap();
    assert_eq!(scene.fake.requests().len(), 1);
    validate(&remote, Depth::Fast).unwrap();
    // The index, two manifests, two configurations; of three layers their sizes alone.
    assert_eq!((scene.count("GET", "/manifests/"), scene.count("GET", "/blobs/")), (3, 2));
    assert_eq!(
        (
            scene.count("HEAD", "/manifests/"),
            scene.fake.requests().iter().filter(|seen| seen.method != "GET" && seen.method != "HEAD").count()
        ),
        (0, 0)
    );
    let layer = image.blobs[0].digest;
    assert_eq!(scene.count("GET", &layer.to_string()), 0);
    assert_eq!(remote.blob_size(&layer).unwrap(), Some(SIZE));
    // What was read is kept.
    let before = scene.fake.requests().len();
    remote.blob(&remote.descriptor().digest).unwrap().unwrap();
    assert_eq!(remote.blob_size(&remote.descriptor().digest).unwrap(), Some(remote.descriptor().size));
    assert_eq!(scene.fake.requests().len(), before);
}

#[test]
fn what_is_not_there_is_told_apart_from_what_cannot_be_had() {
    let (scene, image) = filled(Profile::plain());
    let remote = RemoteImage::open(scene.reader(), &image.digest).unwrap();
    let absent = sage_oci_image::digest_of(b"absent");
    assert!(remote.blob(&absent).unwrap().is_none());
    assert_eq!(remote.blob_size(&absent).unwrap(), None);
    let error = RemoteImage::open(scene.reader(), &absent.to_string()).unwrap_err();
    assert!(matches!(error, RegistryError::Absent { .. }), "{error}");
    // A member that others have not handed on.
    scene.inject(Fault::Error(404, "MANIFEST_UNKNOWN"), When::on("GET", "/v2/*/manifests/*").nth(2));
    let remote = RemoteImage::open(scene.reader(), &image.digest).unwrap();
    assert_eq!(validate(&remote, Depth::Fast).unwrap().absent.len(), 1);
    scene.fake.behave();
    scene.inject(Fault::Status(403), When::on("*", "/v2/*/blobs/*"));
    let remote = RemoteImage::open(scene.reader(), &image.digest).unwrap();
    assert!(matches!(validate(&remote, Depth::Fast).unwrap_err(), ImageError::Source { .. }));
}

#[test]
fn other_bytes_are_noticed() {
    for (path, number) in [("/v2/*/blobs/*", 1), ("/v2/*/blobs/*", 2), ("/v2/*/blobs/*", 4)] {
        let (scene, image) = filled(Profile::plain());
        scene.inject(Fault::WrongBytes, When::on("GET", path).nth(number));
        let remote = RemoteImage::open(scene.reader(), &image.digest).unwrap();
        let error = validate(&remote, Depth::Full).unwrap_err();
        assert!(matches!(error, ImageError::DigestMismatch { .. }), "{error}");
    }
    let (scene, image) = filled(Profile::plain());
    scene.inject(Fault::WrongBytes, When::on("GET", "/v2/*/manifests/*"));
    let error = RemoteImage::open(scene.reader(), &image.digest).unwrap_err().to_string();
    assert!(error.contains("makes no sense: its digest is sha256:"), "{error}");
}

#[test]
fn a_read_that_breaks_goes_on() {
    for ranges in [Ranges::All, Ranges::Closed] {
        let mut profile = Profile::plain();
        profile.ranges = ranges;
        let (scene, image) = filled(profile);
        let layer = image.blobs[0].digest;
        let cuts =
            [Fault::CutAnswer(1000), Fault::CutAnswer(0), Fault::Reset, Fault::Status(503), Fault::CutAnswer(CHUNK)];
        for (number, fault) in cuts.into_iter().enumerate() {
            scene.inject(fault, When::on("GET", &format!("*{layer}")).nth(number as u64 + 1));
        }
        let remote = RemoteImage::open(scene.reader(), &image.digest).unwrap();
        assert!(read(&remote, &layer).unwrap() == image.content(&layer), "{ranges:?}");
        let asked = scene.seen("GET", &layer.to_string());
        let ranges: Vec<&str> = asked.iter().filter_map(|seen| seen.header("range")).collect();
        let last = SIZE - 1;
        let wanted = [1000, 1000, 1000, 1000, CHUNK + 1000].map(|start| format!("bytes={start}-{last}"));
        assert_eq!(ranges, wanted);
    }
}

#[test]
fn a_registry_without_ranges_sends_it_all_again() {
    // Refused, and not understood.
    for fault in [Some(Fault::Status(416)), None] {
        let (scene, image) = filled(Profile::plain());
        let layer = image.blobs[0].digest;
        let blob = format!("*{layer}");
        scene.inject(Fault::CutAnswer(3 * CHUNK), When::on("GET", &blob).first(1));
        match fault {
            Some(fault) => _ = scene.inject(fault, When::on("GET", &blob).nth(2)),
            // The same bytes lie where no range is understood.
            None => {
                let plain = sage_oci_fake_registry::FakeRegistry::start(Profile::plain());
                plain.put_blob(PATH, &image.content(&layer));
                scene.inject(
                    Fault::Redirect(format!("{}/v2/{PATH}/blobs/{layer}?", whole(&image.content(&layer)))),
                    When::on("GET", &blob).nth(2),
                );
            }
        }
        // The second break comes where it has not yet come as far again.
        scene.inject(Fault::CutAnswer(CHUNK), When::on("GET", &blob).nth(3));
        let remote = RemoteImage::open(scene.reader(), &image.digest).unwrap();
        assert!(read(&remote, &layer).unwrap() == image.content(&layer));
    }
}

/// The address of a server that answers everything with these bytes, and once.
fn whole(bytes: &[u8]) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let bytes = bytes.to_vec();
    std::thread::spawn(move || {
        use std::io::Write;
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len()).unwrap();
        stream.write_all(&bytes).unwrap();
    });
    address
}

#[test]
fn a_read_that_breaks_again_and_again_ends() {
    let (scene, image) = filled(Profile::plain());
    let layer = image.blobs[0].digest;
    let remote = RemoteImage::open(scene.reader(), &image.digest).unwrap();
    // With a step forward each time it comes through.
    scene.inject(Fault::CutAnswer(CHUNK), When::on("GET", &format!("*{layer}")));
    assert!(read(&remote, &layer).unwrap() == image.content(&layer));
    assert_eq!(scene.count("GET", &layer.to_string()), 6, "more than the attempts at one place");
    scene.fake.behave();
    scene.fake.forget();
    scene.inject(Fault::CutAnswer(10), When::on("GET", &format!("*{layer}")));
    let error = read(&remote, &layer).unwrap_err().to_string();
    assert!(error.contains(&format!("blob {layer} at ")) && error.contains("failed 4 times"), "{error}");
    assert_eq!(scene.count("GET", &layer.to_string()), 4);
    // Gone meanwhile.
    scene.fake.behave();
    scene.inject(Fault::CutAnswer(10), When::on("GET", &format!("*{layer}")).first(1));
    scene.inject(Fault::Status(404), When::on("GET", &format!("*{layer}")).nth(2));
    let error = read(&remote, &layer).unwrap_err().to_string();
    assert!(error.contains("it was there a moment ago"), "{error}");
}

#[test]
fn a_document_that_breaks_is_read_again() {
    let (scene, image) = filled(Profile::plain());
    for fault in [Fault::CutAnswer(10), Fault::CutAnswer(0)] {
        scene.fake.behave();
        scene.inject(fault, When::on("GET", "/v2/*/manifests/*").first(2));
        assert!(scene.reader().document(&image.digest).unwrap().is_some());
    }
    scene.fake.behave();
    scene.fake.forget();
    scene.inject(Fault::CutAnswer(10), When::on("GET", "/v2/*/manifests/*"));
    let error = scene.reader().document(&image.digest).unwrap_err();
    assert!(matches!(error, RegistryError::Broken { attempts: 4, .. }), "{error}");
    assert_eq!(scene.count("GET", ""), 4);
}

#[test]
fn what_is_too_large_for_a_document_is_not_read() {
    let scene = Scene::new(Profile::plain());
    let large = vec![b' '; 4 * 1024 * 1024 + 1];
    let digest = scene.fake.put_manifest(PATH, "large", "application/vnd.oci.image.manifest.v1+json", &large);
    let error = scene.reader().document(&digest).unwrap_err().to_string();
    assert!(error.contains("it is larger than 4194304 bytes"), "{error}");
}

#[test]
fn an_image_goes_from_registry_to_registry() {
    let (scene, image) = filled(Profile::plain());
    let mut target = Scene::closed(Profile::distribution3());
    target.options.at_once = 1;
    let remote = RemoteImage::open(scene.reader(), &image.digest).unwrap();
    target.client().push(&remote, target.journals.path(), &target.tale).unwrap();
    target.holds(&image);
    // Also within one, and one request at a time.
    let mut own = Scene::new(Profile::plain());
    own.options.at_once = 1;
    own.push(&image).unwrap();
    let client = std::sync::Arc::new(own.client());
    let remote = RemoteImage::open(std::sync::Arc::clone(&client), &image.digest).unwrap();
    let planned = client.plan_push(&remote).unwrap();
    assert!(planned.missing.is_empty());
}
