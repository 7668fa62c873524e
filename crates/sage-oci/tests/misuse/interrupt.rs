//! Ctrl-C in every phase: the command ends by itself, nothing that it started stays, and the next run goes on.

use crate::process::{Running, is_alive, until};
use crate::proxy::{Moment, Proxy, engine};
use crate::world::{HEAVY, World, docker};
use rustix::fs::{Mode, OFlags, open};
use sage_oci_fake_mirror::{Fault, When};
use sage_oci_fake_nix::{FakeNix, Verb};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a command may go on after Ctrl-C.
const QUICK: Duration = Duration::from_secs(20);
/// How much a mirror sends before it falls silent.
const SENT: u64 = 1 << 20;

#[track_caller]
fn ends_soon(running: Running, text: &str) {
    let began = Instant::now();
    running.end().refused(&[text]);
    assert!(began.elapsed() < QUICK, "it went on for {:?}", began.elapsed());
}

#[test]
fn while_it_fetches() {
    for verb in ["lock", "build"] {
        let mut world = World::new("fetch", 4 << 20);
        let mut arguments = vec![verb];
        if verb == "build" {
            world = world.locked();
            sage_oci_files::remove_dir_all(world.cache()).unwrap();
            arguments.push(&world.image);
        }
        world.mirror.on("/pool/*app*", When::Always, Fault::Stall(SENT));
        let running = Running::start(&world, &arguments);
        let debs = world.cache().join("debs");
        let part = until("a part of the archive", || {
            let part = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "part");
            let parts: Vec<PathBuf> = sage_oci_files::list(&debs).unwrap_or_default();
            parts.into_iter().filter(part).find(|part| size(part) == SENT)
        });
        running.interrupt();
        ends_soon(running, "stopped");
        assert_eq!(size(&part), SENT, "what has come is kept");
        if verb == "lock" {
            world.has_no_lock();
        }
        world.mirror.behave();
        world.run(&arguments).fine();
        assert!(!part.exists());
        let requests = world.mirror.requests();
        let last = requests.iter().rfind(|request| request.path.contains("app_1.0")).unwrap();
        assert_eq!(last.header("range"), Some(&*format!("bytes={SENT}-")), "it goes on from there");
    }
}

fn size(path: &PathBuf) -> u64 {
    sage_oci_files::metadata(path).map_or(0, |metadata| metadata.len())
}

#[test]
fn while_it_looks_into_archives() {
    let world = World::new("scan", 1000);
    // A note of an earlier scan that is a pipe: whoever reads it waits.
    let notes = world.cache().join("scans");
    sage_oci_files::create_dir_all(&notes).unwrap();
    let archive = world.folder.path().join("mirror/pool/main/a/app/app_1.0-1_amd64.deb");
    let digest = String::from_utf8(Command::new("sha256sum").arg(&archive).output().unwrap().stdout).unwrap();
    let pipe = notes.join(format!("{}-1.json", digest.split(' ').next().unwrap()));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let running = Running::start(&world, &["lock"]);
    // Opens without waiting, and so only when the reader is there.
    let writer = until("the scan", || open(&pipe, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty()).ok());
    running.interrupt();
    // The reader goes on once nobody writes any more.
    drop(writer);
    ends_soon(running, "stopped");
    world.has_no_lock();
    sage_oci_files::remove_file(&pipe).unwrap();
    world.run(&["lock"]).fine();
}

/// Before anything is fetched or built, the command asks Nix for its version and puts the builder into the store. It starts
/// neither programs nor downloads of its own by then, and ends in the same words.
#[test]
fn before_the_builder_is_in_the_store() {
    let world = World::new("early", 1000).locked();
    for (verb, whole_group) in [(Verb::Version, false), (Verb::Version, true), (Verb::Add, false), (Verb::Add, true)] {
        let nix = FakeNix::new();
        let (begun, go_on) = (nix.folder().join("begun"), nix.folder().join("go-on"));
        let wait = format!("touch '{}'; while [ ! -e '{}' ]; do sleep 0.02; done\n", begun.display(), go_on.display());
        nix.on(verb, &wait);
        let mut command = world.command(&["build", &world.image]);
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", nix.programs().display())).env("NIX_REMOTE", nix.store());
        let running = Running::of(command);
        until("Nix to be asked", || begun.exists().then_some(()));
        match whole_group {
            true => running.interrupt_all(),
            false => running.interrupt(),
        }
        sage_oci_files::write_atomic(&go_on, b"").unwrap();
        ends_soon(running, "interrupted");
        let asked = nix.verbs();
        assert_eq!(asked.last(), Some(&verb), "it went on: {asked:?}");
    }
}

#[test]
fn while_nix_builds() {
    for whole_group in [false, true] {
        let world = World::new("build", HEAVY).locked();
        let running = Running::start(&world, &["build", &world.image]);
        let started = until("a builder", || {
            let all = running.descendants();
            // The program itself: before it, the command adds it to the store, and a line with its name is that of `nix-store`.
            let is_builder = |line: &str| line.split(' ').next().is_some_and(|word| word.ends_with("sage-oci-builder"));
            all.iter().any(|(_, line)| line.contains("layer-") || is_builder(line)).then_some(all)
        });
        if whole_group {
            running.interrupt_all()
        } else {
            running.interrupt()
        }
        ends_soon(running, "interrupted");
        for (pid, line) in started {
            until(&format!("the end of {line}"), || (!is_alive(pid)).then_some(()));
        }
        let path = world.on_image("build", &[]);
        assert!(path.fine().starts_with("/nix/store/"), "{path:?}");
        world.on_image("inspect", &["--validate"]).fine();
    }
}

#[test]
fn while_the_engine_takes_the_image() {
    let world = World::new("import", HEAVY).locked();
    world.on_image("build", &[]).fine();
    let proxy = Proxy::before(engine(), Moment::Upload(HEAVY / 2));
    let mut command = world.command(&["load", &world.image]);
    command.env("DOCKER_HOST", proxy.host());
    let running = Running::of(command);
    proxy.reached();
    running.interrupt();
    ends_soon(running, "interrupted");
    proxy.go_on();
    assert_eq!(world.in_engine(&["images"]), "", "half an image");
    assert_eq!(world.on_image("load", &[]).fine(), format!("{0}:1.0\n{0}:latest", world.image));
    assert_eq!(world.greets(), "hello");
}

#[test]
fn while_the_import_is_checked() {
    for verb in ["load", "up"] {
        let world = World::new("check", 1000).locked();
        world.on_image("build", &[]).fine();
        let proxy = Proxy::before(engine(), Moment::Answer);
        let mut command = world.command(&[verb, &world.image]);
        command.env("DOCKER_HOST", proxy.host());
        let running = Running::of(command);
        proxy.reached();
        assert_eq!(world.in_engine(&["ps"]).lines().count(), 1);
        running.interrupt();
        ends_soon(running, "interrupted");
        assert_eq!(world.in_engine(&["ps"]), "", "the container stays");
        assert_eq!(docker(&["images", "--quiet", &world.image]), "", "it has a name already");
        proxy.go_on();
        // The image that came whole is there; the next run has to check and name it only.
        let said = world.on_image("load", &[]);
        said.fine();
        assert!(said.stderr.contains(" 0 B sent"), "{}", said.stderr);
    }
}

#[test]
fn while_a_container_is_being_made() {
    let world = World::new("late", 1000).locked();
    world.on_image("load", &[]).fine();
    let proxy = Proxy::before(engine(), Moment::Request);
    let mut command = world.command(&["smoke", &world.image, "--smoke-jobs", "1"]);
    command.env("DOCKER_HOST", proxy.host());
    let running = Running::of(command);
    proxy.reached();
    let before = proxy.lists();
    running.interrupt();
    // The container comes when the command has looked for what is left already.
    until("the search for what is left", || (proxy.lists() > before).then_some(()));
    proxy.go_on();
    ends_soon(running, "interrupted");
    assert_eq!(world.in_engine(&["ps"]), "", "a container was made after the end");
}

#[test]
fn while_checks_run() {
    let world = World::new("smoke", 1000).locked();
    let checks = format!("images/checks/{}.toml", world.image);
    world
        .write(&checks, "version = 1\n[[check]]\nname = \"long\"\ncommand = [\"/usr/bin/tiny\", \"sleep\", \"300\"]\n");
    world.on_image("load", &[]).fine();
    let running = Running::start(&world, &["smoke", &world.image, "--report", "report.json"]);
    until("a container", || (!world.in_engine(&["ps", "--filter", "status=running"]).is_empty()).then_some(()));
    running.interrupt();
    ends_soon(running, "interrupted");
    assert_eq!(world.in_engine(&["ps"]), "");
    assert!(!world.project().join("report.json").exists(), "half a report");
}
