//! A push whose process is killed, and the next one.

use crate::image::Made;
use crate::scene::{CHUNK, Scene, options};
use sage_oci_fake_registry::{Fault, Profile, When};
use sage_oci_registry::{Access, NoProgress, Options, Registry, Repository};
use std::process::{Child, Command, Stdio};

/// Where the child is told what to do: a repository, a folder for journals, and what kind of push.
const TOLD: &str = "SAGE_OCI_TEST_PUSH";
/// What the child is when it is told: this test, run alone.
const CHILD: &str = "killed::child";

fn image() -> Made {
    Made::image(1, &[40 * CHUNK, 20 * CHUNK + 1, 10 * CHUNK, 500, 0])
}

/// The larger of the two that one child pushes.
fn large() -> Made {
    Made::image(2, &[96 << 20, 80 << 20])
}

/// Does nothing unless it is told.
#[test]
fn child() {
    let Ok(told) = std::env::var(TOLD) else { return };
    let (repository, rest) = told.split_once(' ').unwrap();
    let (kind, journals) = rest.split_once(' ').unwrap();
    let repository = Repository::parse(repository, false).unwrap();
    let (options, image) = match kind {
        "large" => (Options { first_pause: options().first_pause, ..Options::default() }, large()),
        _ => (options(), image()),
    };
    let registry = Registry::open(repository, Access::Push, &[], None, options).unwrap();
    registry.push(&image, journals.as_ref(), &NoProgress).unwrap();
    let status = sage_oci_files::read_to_string(std::path::Path::new("/proc/self/status")).unwrap();
    let peak = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    println!("peak {peak}");
}

fn spawn(scene: &Scene, kind: &str) -> Child {
    let told = format!("{}/{} {kind} {}", scene.fake.host(), crate::scene::PATH, scene.journals.path().display());
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--nocapture", "--test-threads=1"])
        .env(TOLD, told)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills a push when so many bytes have come; whether it was still running.
fn kill_at(scene: &Scene, threshold: u64) -> bool {
    let mut child = spawn(scene, "small");
    let mut running = true;
    while scene.fake.received_bytes_now() < threshold && running {
        running = child.try_wait().unwrap().is_none();
        std::thread::yield_now();
    }
    let _ = child.kill();
    child.wait().unwrap();
    scene.fake.settle();
    running
}

#[test]
fn the_next_push_goes_on_wherever_it_was_killed() {
    let image = image();
    // What goes again at most: nothing; the blobs in flight, of which there are three; and where pieces were tried in vain, those too.
    let flight = (40 + 20 + 10) * CHUNK + 1;
    for (profile, most, pieces) in [
        (Profile::distribution3(), 0, true),
        (Profile::plain(), 0, true),
        (Profile::distribution2(), flight, true),
        (Profile::gitlab(), flight, false),
        (Profile::ghcr(), 2 * flight, false),
        (Profile::ecr(), flight + 3 * CHUNK, true),
    ] {
        let name = profile.name;
        for part in 0..10 {
            let scene = Scene::new(profile.clone());
            if pieces && part % 2 == 1 {
                // In pieces from the start.
                scene.inject(Fault::Status(413), Scene::uploads("PUT").first(3));
            }
            kill_at(&scene, image.bytes() * part / 10);
            scene.fake.behave();
            let refused = scene.seen("PUT", "/uploads/").iter().filter(|seen| seen.status == 413).map(|seen| seen.received).sum::<u64>();
            let pushed = scene.push(&image).unwrap_or_else(|error| panic!("{name} at {part}/10: {error}"));
            let again = scene.uploaded() - refused - image.bytes();
            assert!(again <= most, "{name} at {part}/10: {again} bytes came twice, {pushed:?}");
            assert_eq!(pushed.saved_bytes > 0, pushed.resumed > 0, "{name}");
        }
    }
}

#[test]
fn a_push_holds_no_blob_in_memory() {
    let place = sage_oci_fake_registry::Place { discard_over: Some(1 << 20), ..Default::default() };
    let mut scene = Scene::new(Profile::plain());
    scene.fake = sage_oci_fake_registry::FakeRegistry::start_at(Profile::plain(), &place).unwrap();
    // Whole and in pieces.
    scene.inject(Fault::Status(413), When::on("PUT", "/v2/*/blobs/uploads/*").first(1));
    let output = spawn(&scene, "large").wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let peak: u64 = said.split("VmHWM:").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert!(peak < 64 * 1024, "{peak} KiB");
    assert_eq!(scene.fake.manifests(crate::scene::PATH).len(), 1);
}
