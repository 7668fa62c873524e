//! A push whose process is killed, and the next one.

use crate::image::Made;
use crate::scene::{CHUNK, Scene, options};
use sage_oci_fake_registry::{Fault, Profile, When};
use sage_oci_registry::{Access, Options, Progress, Registry, Repository};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};

/// Where the child is told what to do: a repository, what kind of push, after how many bytes to wait for its end, a folder.
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

/// Says when so many bytes are on their way, and stops there in the middle of what it does.
struct Until(AtomicI64);

impl Progress for Until {
    fn planned(&self, _blobs: usize, _bytes: u64) {}
    fn advanced(&self, bytes: u64) {
        if self.0.fetch_sub(bytes as i64, Ordering::SeqCst) <= bytes as i64 {
            println!("there");
            loop {
                std::thread::park();
            }
        }
    }
    fn withdrawn(&self, _bytes: u64) {}
    fn again(&self, _what: &str, _why: &str) {}
    fn waiting(&self, _what: &str) {}
}

/// Does nothing unless it is told.
#[test]
fn child() {
    let Ok(told) = std::env::var(TOLD) else { return };
    let [repository, kind, until, journals] = told.splitn(4, ' ').collect::<Vec<_>>()[..] else { panic!("{told}") };
    let repository = Repository::parse(repository, false).unwrap();
    let (options, image) = match kind {
        "large" => (Options { first_pause: options().first_pause, ..Options::default() }, large()),
        _ => (options(), image()),
    };
    let registry = Registry::open(repository, Access::Push, &[], None, options).unwrap();
    registry.push(&image, journals.as_ref(), &Until(AtomicI64::new(until.parse().unwrap()))).unwrap();
    let status = sage_oci_files::read_to_string(std::path::Path::new("/proc/self/status")).unwrap();
    let peak = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    println!("peak {peak}");
}

fn spawn(scene: &Scene, kind: &str, until: u64) -> Child {
    let (host, path, journals) = (scene.fake.host(), crate::scene::PATH, scene.journals.path().display());
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--nocapture", "--test-threads=1"])
        .env(TOLD, format!("{host}/{path} {kind} {until} {journals}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// Kills a push when so many bytes are on their way.
fn kill_at(scene: &Scene, until: u64) {
    let mut child = spawn(scene, "small", until);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.ends_with("there")), "the push came to its end before it was to be killed");
    child.kill().unwrap();
    child.wait().unwrap();
    scene.fake.settle();
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
        (Profile::ghcr(), flight, false),
        (Profile::ecr(), flight + 3 * CHUNK, true),
    ] {
        let name = profile.name;
        for part in 0..10 {
            let scene = Scene::new(profile.clone());
            if pieces && part % 2 == 1 {
                // In pieces from the start.
                scene.inject(Fault::Status(413), Scene::uploads("PUT").first(3));
            }
            kill_at(&scene, image.bytes() * part / 10 + 1);
            scene.fake.behave();
            let pushed = scene.push(&image).unwrap_or_else(|error| panic!("{name} at {part}/10: {error}"));
            let refused: u64 =
                scene.seen("PUT", "/uploads/").iter().filter(|seen| seen.status == 413).map(|seen| seen.received).sum();
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
    let output = spawn(&scene, "large", 1 << 40).wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let peak: u64 = said.split("VmHWM:").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert!(peak < 64 * 1024, "{peak} KiB");
    assert_eq!(scene.fake.manifests(crate::scene::PATH).len(), 1);
}
