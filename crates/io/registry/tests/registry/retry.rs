//! Passing troubles, and those that do not pass.

use crate::image::Made;
use crate::scene::{CHUNK, PATH, Scene};
use sage_oci_fake_registry::{Fault, Gate, Profile, Retry, When};
use sage_oci_hint::Hint as _;
use sage_oci_registry::RegistryError;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Every step of a push: beginning an upload, sending it, looking for a blob, a manifest.
const STEPS: [(&str, &str); 5] = [
    ("POST", "/v2/*/blobs/uploads/"),
    ("PUT", "/v2/*/blobs/uploads/*"),
    ("HEAD", "/v2/*/blobs/*"),
    ("PUT", "/v2/*/manifests/*"),
    ("GET", "/v2/*/manifests/*"),
];

fn image() -> Made {
    Made::image(1, &[3 * CHUNK, 100])
}

#[test]
fn what_passes_is_waited_out_at_every_step() {
    let faults = [
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(503),
        Fault::Html(503),
        Fault::Status(429),
        Fault::Busy(429, Retry::Seconds(0)),
        Fault::Busy(503, Retry::Date(0)),
        Fault::Busy(429, Retry::Unix(0)),
        Fault::Busy(429, Retry::Unsaid),
        Fault::Reset,
        Fault::NotHttp,
        Fault::LostAnswer,
    ];
    for (method, path) in STEPS {
        for fault in faults.clone() {
            let scene = Scene::new(Profile::distribution3());
            scene.inject(fault.clone(), When::on(method, path).first(2));
            let image = image();
            let pushed = scene.push(&image).unwrap_or_else(|error| panic!("{method} {path} {fault:?}: {error}"));
            assert_eq!(pushed.uploaded, 3, "{method} {path} {fault:?}");
        }
    }
}

#[test]
fn what_does_not_pass_is_told_after_the_attempts() {
    for (method, path) in STEPS {
        let mut scene = Scene::new(Profile::distribution3());
        scene.options.at_once = 1;
        scene.inject(Fault::Status(503), When::on(method, path));
        let error = scene.push(&image()).unwrap_err();
        assert!(
            matches!(error, RegistryError::Refused { status: 503, .. }) && error.should_retry(),
            "{method}: {error}"
        );
        let asked = scene.fake.requests().iter().filter(|seen| seen.status == 503).count();
        // Pieces are a step forward after the first refusal of the whole.
        let pieces = usize::from(scene.count("PATCH", "") > 0);
        assert_eq!(asked, 4 + pieces, "{method} {path}");

        let mut scene = Scene::new(Profile::distribution3());
        scene.options.at_once = 1;
        scene.inject(Fault::Reset, When::on(method, path));
        let error = scene.push(&image()).unwrap_err();
        assert!(matches!(error, RegistryError::Broken { attempts: 4, .. }), "{method}: {error}");
        assert!(error.hint().unwrap().contains("the same command goes on"), "{error}");
    }
}

#[test]
fn a_wish_for_a_pause_is_granted() {
    // A whole second of a clock that both sides read.
    for retry in [Retry::Seconds(1), Retry::Date(2), Retry::Unix(2)] {
        let scene = Scene::new(Profile::plain());
        scene.inject(Fault::Busy(429, retry), When::on("PUT", "/v2/*/manifests/*").first(1));
        let (client, image, begin) = (scene.client(), Made::image(1, &[10]), std::time::Instant::now());
        client.push(&image, scene.journals.path(), &scene.tale).unwrap();
        // Never too early; how late, the machine decides.
        assert!(begin.elapsed() >= Duration::from_millis(900), "{retry:?}");
    }
}

#[test]
fn a_wish_for_a_longer_pause_than_we_wait_is_told() {
    for retry in [Retry::Seconds(3600), Retry::Date(3600), Retry::Unix(3600)] {
        for (method, path) in STEPS {
            let mut scene = Scene::new(Profile::plain());
            scene.options.at_once = 1;
            scene.inject(Fault::Busy(429, retry), When::on(method, path));
            let error = scene.push(&image()).unwrap_err();
            let RegistryError::Busy { wait, .. } = &error else { panic!("{method} {retry:?}: {error}") };
            assert!((3500..=3600).contains(&wait.as_secs()), "{wait:?}");
            assert!(error.should_retry() && error.hint().unwrap().contains("the same command later goes on"));
            assert_eq!(scene.fake.requests().iter().filter(|seen| seen.status == 429).count(), 1);
        }
    }
    let scene = Scene::new(Profile::plain());
    scene.inject(Fault::Busy(429, Retry::Seconds(3600)), When::on("GET", "/v2/*/manifests/*"));
    let error = scene.reader().document("latest").unwrap_err().to_string();
    assert_eq!(error, format!("{} wants 3600 s of quiet before manifest latest", scene.fake.host()));
}

#[test]
fn a_registry_that_says_nothing_is_not_waited_for() {
    for (method, path) in STEPS {
        let mut scene = Scene::new(Profile::distribution3());
        scene.options.quiet_timeout = Duration::from_millis(1500);
        scene.inject(Fault::Silence, When::on(method, path).first(1));
        let pushed = scene.push(&image()).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        assert_eq!(pushed.uploaded, 3);
    }
}

#[test]
fn a_commit_that_takes_long_is_not_sent_again() {
    let mut scene = Scene::new(Profile::plain());
    scene.options.quiet_timeout = Duration::from_millis(1500);
    let gate = Gate::new();
    scene.inject(Fault::Hold(gate.clone()), Scene::uploads("PUT").first(1));
    let image = image();
    scene.push(&image).unwrap();
    gate.open();
    scene.fake.settle();
    assert_eq!(scene.uploaded(), image.bytes());
    // A proxy that did not wait for it says so.
    for fault in [Fault::LostAnswer, Fault::Hold(gate)] {
        let scene = Scene::new(Profile::plain());
        scene.inject(fault, Scene::uploads("PUT").first(1));
        scene.push(&image).unwrap();
        assert_eq!(scene.uploaded(), image.bytes());
    }
    let scene = Scene::new(Profile::plain());
    let late = Made::image(3, &[3 * CHUNK]);
    let layer = late.blobs[0].digest.to_string();
    // The upload comes to its end, and the answer is a proxy's: it is found under its digest, and goes up once.
    scene.fake.put_blob(PATH, &late.content(&late.blobs[0].digest));
    scene.inject(Fault::Status(404), When::on("HEAD", &format!("*{layer}")).first(1));
    scene.inject(Fault::Status(504), Scene::uploads("PUT").query(&layer.replace(':', "%3A")));
    scene.inject(Fault::Status(404), Scene::uploads("GET"));
    let pushed = scene.push(&late).unwrap();
    assert_eq!((scene.uploaded(), pushed.uploaded), (late.bytes(), 2));
}

#[test]
fn a_refusal_before_the_body_is_read_is_no_riddle() {
    for status in [413, 503] {
        let scene = Scene::new(Profile::distribution3());
        let image = Made::image(1, &[40 * CHUNK]);
        scene.inject(Fault::Hasty(status), Scene::uploads("PUT").first(1));
        scene.push(&image).unwrap_or_else(|error| panic!("{status}: {error}"));
    }
}

#[test]
fn a_manifest_whose_blobs_are_not_seen_yet_is_sent_again() {
    let scene = Scene::new(Profile::plain());
    scene.inject(Fault::Error(404, "MANIFEST_BLOB_UNKNOWN"), When::on("PUT", "/v2/*/manifests/*").first(1));
    scene.inject(Fault::Error(400, "BLOB_UNKNOWN"), When::on("PUT", "/v2/*/manifests/*").nth(2));
    scene.push(&image()).unwrap();
    assert_eq!(scene.count("PUT", "/manifests/"), 3);
    let scene = Scene::new(Profile::plain());
    scene.inject(Fault::Error(400, "MANIFEST_INVALID"), When::on("PUT", "/v2/*/manifests/*"));
    scene.push(&image()).unwrap_err();
    assert_eq!(scene.count("PUT", "/manifests/"), 1);
    let scene = Scene::new(Profile::plain());
    scene.inject(Fault::Error(400, "BLOB_UNKNOWN"), When::on("PUT", "/v2/*/manifests/*"));
    scene.push(&image()).unwrap_err();
    assert_eq!(scene.count("PUT", "/manifests/"), 4);
    // And one that is not seen yet itself.
    let scene = Scene::new(Profile::plain());
    scene.inject(Fault::Status(404), When::on("GET", "/v2/*/manifests/*").first(3));
    scene.push(&image()).unwrap();
    assert_eq!(scene.count("GET", "/manifests/"), 4);
}

#[test]
fn pieces_that_are_refused_lead_to_whole_blobs() {
    for fault in [
        Fault::Status(405),
        Fault::Status(415),
        Fault::Status(501),
        Fault::RangeRefused,
        Fault::Error(400, "DIGEST_INVALID"),
    ] {
        let scene = Scene::new(Profile::plain());
        let image = Made::image(1, &[5 * CHUNK]);
        scene.inject(Fault::CutRequest(1000), Scene::uploads("PUT").first(1));
        scene.inject(fault.clone(), Scene::uploads("PATCH"));
        scene.push(&image).unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(scene.count("PATCH", ""), 1, "{fault:?}");
        assert!(!scene.tale.said.lock().unwrap().is_empty());
    }
    // A 416 that says that we are out of step is gone along with.
    let scene = Scene::new(Profile::distribution3());
    let image = Made::image(1, &[5 * CHUNK]);
    scene.inject(Fault::Status(413), Scene::uploads("PUT").first(1));
    scene.inject(Fault::LostAnswer, Scene::uploads("PATCH").nth(2));
    scene.push(&image).unwrap();
    assert_eq!(scene.count("PATCH", ""), 5, "what has come is not sent again");
}

#[test]
fn an_upload_that_is_refused_for_good_is_not_tried_again() {
    for (status, code) in [(403, "DENIED"), (400, "NAME_INVALID"), (507, "DENIED"), (405, "UNSUPPORTED")] {
        let mut scene = Scene::new(Profile::plain());
        scene.options.at_once = 1;
        scene.inject(Fault::Error(status, code), Scene::uploads("PUT"));
        scene.push(&image()).unwrap_err();
        assert_eq!(scene.count("PUT", ""), 1, "{status}");
    }
}

#[test]
fn a_registry_that_forgets_uploads_is_not_asked_for_ever() {
    for fault in [Fault::Error(404, "BLOB_UPLOAD_UNKNOWN"), Fault::Error(400, "DIGEST_INVALID"), Fault::Status(413)] {
        let mut scene = Scene::new(Profile::plain());
        scene.options.at_once = 1;
        scene.inject(fault.clone(), Scene::uploads("PUT"));
        scene.inject(fault.clone(), Scene::uploads("PATCH"));
        scene.push(&image()).unwrap_err();
        let asked = scene.count("PUT", "") + scene.count("PATCH", "");
        assert!(asked <= 5, "{fault:?}: {asked}");
    }
}

#[test]
fn the_first_error_ends_the_others() {
    let mut scene = Scene::new(Profile::plain());
    // Two at once of those that count as large; the rest wait for their turn.
    let sizes: Vec<u64> = (0..4).map(|number| (64 << 20) + number).collect();
    let image = Made::image(1, &sizes);
    scene.options.at_once = 4;
    scene.inject(Fault::Hasty(507), Scene::uploads("POST"));
    let error = scene.push(&image).unwrap_err();
    assert!(matches!(error, RegistryError::Refused { status: 507, .. }), "{error}");
    assert!(scene.count("POST", "") <= 2, "{}", scene.count("POST", ""));
    assert_eq!(scene.tale.planned.load(Ordering::SeqCst) as u64, image.bytes());
}

#[test]
fn a_wish_to_end_ends_a_pause() {
    let mut scene = Scene::new(Profile::plain());
    (scene.options.first_pause, scene.options.longest_pause) = (Duration::from_secs(600), Duration::from_secs(600));
    scene.inject(Fault::Status(503), When::on("HEAD", "*"));
    let error = std::thread::scope(|scope| {
        let push = scope.spawn(|| scene.push(&image()).unwrap_err());
        while scene.fake.requests().is_empty() {
            std::thread::yield_now();
        }
        scene.options.stop.store(true, Ordering::SeqCst);
        push.join().unwrap()
    });
    assert!(matches!(error, RegistryError::Stopped), "{error}");
}
