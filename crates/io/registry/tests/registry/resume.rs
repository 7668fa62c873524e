//! A push that is cut, and the next one.

use crate::image::Made;
use crate::scene::{CHUNK, PATH, Scene};
use sage_oci_fake_registry::{Fault, Gate, Profile, Sessions, When};
use sage_oci_registry::RegistryError;
use std::sync::atomic::Ordering;

/// One layer of ten pieces.
const SIZE: u64 = 10 * CHUNK;
/// Where its upload is cut.
const CUT: u64 = 4 * CHUNK + 1234;

/// A push that failed in the middle of a layer, with one attempt.
fn cut(profile: Profile) -> (Scene, Made) {
    let mut scene = Scene::closed(profile);
    let image = Made::image(1, &[SIZE, 300]);
    scene.options.attempts = 1;
    scene.options.at_once = 1;
    scene.inject(Fault::CutRequest(CUT), Scene::uploads("PUT").first(1));
    let error = scene.push(&image).unwrap_err();
    assert!(matches!(error, RegistryError::Broken { attempts: 1, .. }), "{error}");
    assert!(scene.journal().unwrap().contains(&image.blobs[0].digest.to_string()));
    scene.fake.behave();
    scene.fake.settle();
    scene.options.attempts = 4;
    (scene, image)
}

#[test]
fn where_uploads_are_kept_nothing_is_sent_twice() {
    for profile in [Profile::plain(), Profile::distribution3(), Profile::docker_hub()] {
        let name = profile.name;
        let (scene, image) = cut(profile);
        let pushed = scene.push(&image).unwrap();
        assert_eq!((pushed.begun, pushed.resumed, pushed.saved_bytes), (1, 1, CUT), "{name}");
        assert_eq!(pushed.sent_bytes, image.bytes() - CUT, "{name}");
        assert_eq!(scene.uploaded(), image.bytes(), "{name}");
        assert_eq!(scene.fake.open_uploads(), 0, "{name}");
    }
}

#[test]
fn where_they_are_lost_the_blob_in_flight_goes_again() {
    for profile in [Profile::distribution2(), Profile::gitlab(), Profile::crane()] {
        let name = profile.name;
        let (scene, image) = cut(profile);
        let pushed = scene.push(&image).unwrap();
        assert_eq!((pushed.begun, pushed.resumed, pushed.saved_bytes), (1, 0, 0), "{name}");
        assert_eq!(scene.uploaded(), image.bytes() + CUT, "{name}");
    }
}

#[test]
fn a_registry_that_keeps_the_last_piece_alone_ends_with_whole_blobs() {
    let (scene, image) = cut(Profile::ghcr());
    let pushed = scene.push(&image).unwrap();
    // Found out after all pieces had gone; nothing is said to be saved that was not.
    assert_eq!((pushed.begun, pushed.resumed, pushed.saved_bytes), (1, 0, 0));
    let whole = scene.seen("PUT", "/uploads/");
    assert_eq!(whole.iter().filter(|seen| seen.received == SIZE).count(), 1);
    assert!(scene.uploaded() <= CUT + 2 * SIZE + 1000);
}

#[test]
fn a_registry_that_takes_small_pieces_alone_ends_with_whole_blobs() {
    let mut profile = Profile::ghcr();
    profile.patch_limit = Some(1000);
    let (scene, image) = cut(profile);
    let pushed = scene.push(&image).unwrap();
    assert_eq!((pushed.resumed, pushed.saved_bytes), (0, 0));
    assert_eq!(scene.count("PATCH", ""), 1, "it is tried once");
}

#[test]
fn a_range_that_is_stuck_ends_with_whole_blobs() {
    // As ECR does, and as one would that says so with 202.
    for status in [201, 202] {
        let mut profile = Profile::ecr();
        profile.patch_status = status;
        let (scene, image) = cut(profile);
        scene.push(&image).unwrap();
        let patches = scene.count("PATCH", "");
        assert!(patches <= 3, "{status}: {patches}");
        let fresh = Made::image(2, &[SIZE]);
        scene.inject(Fault::CutRequest(0), Scene::uploads("PUT").first(1));
        scene.push(&fresh).unwrap();
        assert!(scene.uploaded() <= CUT + 3 * (SIZE + 1000) + 3 * CHUNK, "{status}");
    }
}

#[test]
fn the_journal_is_right_after_each_piece() {
    for profile in [Profile::plain(), Profile::distribution2(), Profile::distribution3(), Profile::gitlab()] {
        let name = profile.name;
        let mut scene = Scene::closed(profile);
        let image = Made::image(1, &[SIZE]);
        // The whole is refused, so that pieces follow; the fifth finds no registry.
        scene.inject(Fault::Status(413), Scene::uploads("PUT").first(1));
        scene.inject(Fault::Reset, Scene::uploads("PATCH").nth(5));
        scene.options.attempts = 2;
        scene.inject(Fault::Reset, Scene::uploads("GET").from(2));
        scene.push(&image).unwrap_err();
        assert!(scene.journal().unwrap().contains(&format!("\"offset\":{}", 4 * CHUNK)), "{name}");
        scene.fake.behave();
        scene.fake.forget();
        let pushed = scene.push(&image).unwrap();
        assert_eq!((pushed.resumed, pushed.saved_bytes), (1, 4 * CHUNK), "{name}");
        assert_eq!(scene.uploaded(), image.bytes() - 4 * CHUNK, "{name}");
    }
}

#[test]
fn a_cut_is_mended_within_one_push_too() {
    for profile in Profile::all() {
        let name = profile.name;
        let scene = Scene::closed(profile);
        let image = Made::image(1, &[SIZE, 3 * CHUNK, 10]);
        scene.inject(Fault::CutRequest(CUT), Scene::uploads("PUT").first(1));
        scene.inject(Fault::CutRequest(1000), Scene::uploads("PATCH").nth(2));
        let pushed = scene.push(&image).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((pushed.begun, pushed.resumed), (0, 0), "{name}");
    }
}

#[test]
fn a_registry_that_starts_again_is_no_end() {
    for (profile, sessions) in [
        (Profile::plain(), Sessions::Kept),
        (Profile::plain(), Sessions::Lost),
        (Profile::distribution2(), Sessions::Kept),
        (Profile::distribution2(), Sessions::Lost),
        (Profile::distribution3(), Sessions::Kept),
    ] {
        let name = profile.name;
        let mut scene = Scene::closed(profile);
        let image = Made::image(1, &[SIZE]);
        // It may be away for a while.
        (scene.options.attempts, scene.options.longest_pause) = (40, std::time::Duration::from_millis(50));
        let gate = Gate::new();
        scene.inject(Fault::Status(413), Scene::uploads("PUT").first(1));
        scene.inject(Fault::HoldBefore(gate.clone()), Scene::uploads("PATCH").nth(4));
        let pushed = std::thread::scope(|scope| {
            let push = scope.spawn(|| scene.push(&image));
            gate.wait(1);
            scene.fake.restart(sessions);
            push.join().unwrap()
        });
        pushed.unwrap_or_else(|error| panic!("{name} {sessions:?}: {error}"));
        let again = if sessions == Sessions::Kept { 0 } else { 3 * CHUNK };
        // What stood in the registry's way when it went down may have been counted, or not.
        assert!(scene.uploaded() <= SIZE + image.bytes() + again + CHUNK, "{name} {sessions:?}");
    }
}

#[test]
fn a_registry_that_is_gone_for_good_is_told_of_with_the_attempts() {
    let mut scene = Scene::new(Profile::plain());
    let image = Made::image(1, &[SIZE, SIZE + 1, SIZE + 2]);
    scene.options.attempts = 3;
    let gate = Gate::new();
    scene.inject(Fault::HoldBefore(gate.clone()), Scene::uploads("PUT"));
    let error = std::thread::scope(|scope| {
        let push = scope.spawn(|| scene.push(&image).unwrap_err());
        gate.wait(3);
        scene.fake.stop();
        push.join().unwrap()
    });
    assert!(matches!(error, RegistryError::Broken { attempts: 3, .. }), "{error}");
    assert!(error.should_retry() && error.to_string().contains("failed 3 times: "), "{error}");
    let journal = scene.journal().unwrap();
    assert_eq!(journal.matches("\"offset\"").count(), 3, "{journal}");
    scene.fake.restart(Sessions::Kept);
    scene.fake.behave();
    assert_eq!(scene.push(&image).unwrap().begun, 3);
}

#[test]
fn a_wish_to_end_cuts_a_whole_upload() {
    let mut scene = Scene::new(Profile::distribution3());
    // More than any buffer on the way holds.
    let image = Made::image(1, &[64 << 20]);
    scene.options.at_once = 1;
    let stop = scene.options.stop.clone();
    let error = std::thread::scope(|scope| {
        let push = scope.spawn(|| scene.push(&image).unwrap_err());
        while scene.tale.balance.load(Ordering::SeqCst) < 1 << 20 {
            std::thread::yield_now();
        }
        stop.store(true, Ordering::SeqCst);
        push.join().unwrap()
    });
    assert!(matches!(error, RegistryError::Stopped), "{error}");
    scene.fake.settle();
    let sent = scene.uploaded();
    assert!(sent < 48 << 20, "{sent} bytes came after all");
    stop.store(false, Ordering::SeqCst);
    let pushed = scene.push(&image).unwrap();
    assert_eq!((pushed.resumed, pushed.saved_bytes), (1, sent));
    assert_eq!(scene.uploaded(), image.bytes());
}

#[test]
fn a_wish_to_end_lets_a_piece_through() {
    let scene = Scene::new(Profile::plain());
    let image = Made::image(1, &[SIZE]);
    let gate = Gate::new();
    scene.inject(Fault::Status(413), Scene::uploads("PUT").first(1));
    scene.inject(Fault::HoldBefore(gate.clone()), Scene::uploads("PATCH").nth(3));
    let error = std::thread::scope(|scope| {
        let push = scope.spawn(|| scene.push(&image).unwrap_err());
        gate.wait(1);
        scene.options.stop.store(true, Ordering::SeqCst);
        gate.open();
        push.join().unwrap()
    });
    assert!(matches!(error, RegistryError::Stopped), "{error}");
    assert!(scene.journal().unwrap().contains(&format!("\"offset\":{}", 3 * CHUNK)));
    scene.options.stop.store(false, Ordering::SeqCst);
    scene.fake.behave();
    assert_eq!(scene.push(&image).unwrap().saved_bytes, 3 * CHUNK);
}

#[test]
fn the_journal_of_another_image_or_repository_does_no_harm() {
    let (scene, image) = cut(Profile::distribution3());
    let other = Made::image(9, &[CHUNK]);
    let client = scene.client();
    let pushed = client.push(&other, scene.journals.path(), &scene.tale).unwrap();
    assert_eq!((pushed.begun, pushed.resumed), (0, 0));
    let elsewhere = scene.at("me/elsewhere", sage_oci_registry::Access::Push);
    assert_eq!(elsewhere.push(&image, scene.journals.path(), &scene.tale).unwrap().begun, 0);
    assert_eq!(scene.push(&image).unwrap().resumed, 1);
}

/// Writes another journal in the place of the one there is.
fn with_journal(scene: &Scene, change: impl Fn(String) -> String) {
    let name = sage_oci_files::list(scene.journals.path())
        .unwrap()
        .into_iter()
        .find(|name| name.to_string_lossy().ends_with(".json"))
        .unwrap();
    let text = change(scene.journal().unwrap());
    sage_oci_files::write_private(scene.journals.path().join(name), text.as_bytes()).unwrap();
}

#[test]
fn a_journal_that_nobody_can_use_is_named_or_passed_over() {
    let (scene, image) = cut(Profile::distribution3());
    with_journal(&scene, |text| text.replace("\"format\":1", "\"format\":2"));
    let error = scene.push(&image).unwrap_err().to_string();
    assert!(error.ends_with("has format 2; this version knows 1"), "{error}");
    with_journal(&scene, |text| text[..text.len() / 2].to_owned());
    assert_eq!(scene.push(&image).unwrap().begun, 0);

    // An address that leads nowhere, on a host that is none of the registry's.
    let (scene, image) = cut(Profile::distribution3());
    let host = scene.fake.host();
    with_journal(&scene, |text| text.replace(&format!("http://{host}"), "http://127.0.0.1:1"));
    let pushed = scene.push(&image).unwrap();
    assert_eq!((pushed.begun, pushed.resumed), (1, 0));

    // One that says of an upload more than the blob has.
    let (scene, image) = cut(Profile::distribution3());
    let tiny = Made::image(3, &[10]);
    let (large, small) = (image.blobs[0].digest.to_string(), tiny.blobs[0].digest.to_string());
    with_journal(&scene, |text| text.replace(&large, &small));
    let pushed = scene.push(&tiny).unwrap();
    assert_eq!((pushed.begun, pushed.resumed, pushed.saved_bytes), (1, 0, 0));
}

#[test]
fn a_status_that_cannot_be_had_is_a_new_upload() {
    for fault in [Fault::Status(403), Fault::Status(404), Fault::Status(500), Fault::Status(400)] {
        let (scene, image) = cut(Profile::distribution3());
        scene.inject(fault.clone(), Scene::uploads("GET"));
        assert_eq!(scene.push(&image).unwrap().resumed, 0, "{fault:?}");
    }
}

#[test]
fn another_push_at_once_is_waited_for() {
    let scene = Scene::new(Profile::plain());
    let (image, other) = (Made::image(1, &[500]), Made::image(2, &[500]));
    let gate = Gate::new();
    scene.inject(Fault::Hold(gate.clone()), Scene::uploads("PUT").first(1));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| scene.client().push(&image, scene.journals.path(), &sage_oci_registry::NoProgress));
        gate.wait(1);
        let second = scope.spawn(|| scene.client().push(&other, scene.journals.path(), &scene.tale));
        while scene.tale.said.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        gate.open();
        first.join().unwrap().unwrap();
        second.join().unwrap().unwrap();
    });
    let said = scene.tale.said.lock().unwrap().clone();
    assert_eq!(said.len(), 1);
    assert!(
        said[0].starts_with("waits for ") && said[0].contains(&format!("which pushes to {}/{PATH}", scene.fake.host())),
        "{said:?}"
    );
    assert!(said[0].contains(&std::process::id().to_string()), "{said:?}");
}

#[test]
fn one_byte_is_a_piece_too() {
    for profile in [Profile::plain(), Profile::distribution2(), Profile::distribution3()] {
        let mut scene = Scene::new(profile);
        scene.options.chunk = 1;
        let image = Made::image(1, &[3]);
        scene.inject(Fault::Status(413), Scene::uploads("PUT").first(1));
        scene.push(&image).unwrap();
        assert_eq!(scene.count("PATCH", ""), 3, "{}", scene.options.chunk);
    }
}

#[test]
fn what_was_begun_is_given_up_and_nothing_else_is_deleted() {
    let (scene, image) = cut(Profile::plain());
    // The upload's address leads to a blob of the repository.
    let precious = scene.fake.put_blob(PATH, b"precious");
    let place = format!("{}/v2/{PATH}/blobs/{precious}", scene.fake.url());
    let address = |text: String| {
        let (start, rest) = text.split_once("\"location\":\"").unwrap();
        let (_, rest) = rest.split_once('"').unwrap();
        format!("{start}\"location\":\"{place}\"{rest}")
    };
    with_journal(&scene, address);
    scene.push(&image).unwrap();
    assert!(scene.fake.has_blob(PATH, &precious));
    assert_eq!(scene.count("DELETE", ""), 0);

    let scene = Scene::new(Profile::plain());
    scene.inject(Fault::Error(400, "DIGEST_INVALID"), Scene::uploads("PUT").first(1));
    scene.push(&image).unwrap();
    assert_eq!((scene.count("DELETE", "/uploads/"), scene.fake.open_uploads()), (1, 0));
    // A registry that knows no way to is not asked twice.
    let scene = Scene::new(Profile::plain());
    scene.inject(Fault::Error(400, "DIGEST_INVALID"), Scene::uploads("PUT").first(1));
    scene.inject(Fault::Status(500), When::on("DELETE", "*"));
    scene.push(&image).unwrap();
    assert_eq!(scene.count("DELETE", "/uploads/"), 1);
}
