//! The names of an image move together or not at all, and after everything else.

use crate::engine::Daemon;
use crate::process::Running;
use crate::proxy::{Moment, Proxy, engine};
use crate::world::{Said, World, docker, suite};
use sage_oci_fake_suite::{Compression, Package};

/// The check of every world here: the image greets.
const GREETS: &str = "version = 1\n[[check]]\nname = \"it greets\"\nstdout = { exact = \"hello\" }\n";

/// Changes the image a little: it gets another Id.
fn change(world: &World) {
    world.write("images/tiny.toml", &world.definition().replace("made for a test", "made anew for a test"));
    world.run(&["recipe"]).fine();
    world.on_image("build", &[]).fine();
}

/// The Ids of both names.
fn ids(world: &World, docker: impl Fn(&[&str]) -> String) -> [String; 2] {
    ["1.0", "latest"].map(|tag| docker(&["images", "--no-trunc", "--quiet", &format!("{}:{tag}", world.image)]))
}

#[test]
fn ctrl_c_between_two_names_puts_the_first_back() {
    for (verb, again) in [("load", "up"), ("up", "load")] {
        let world = World::new("between", 1000).locked();
        world.on_image(verb, &[]).fine();
        let before = ids(&world, docker);
        assert!(before[0].starts_with("sha256:") && before[0] == before[1], "{before:?}");
        change(&world);
        let proxy = Proxy::before(engine(), Moment::Name(1));
        let mut command = world.command(&[verb, &world.image]);
        command.env("DOCKER_HOST", proxy.host());
        let running = Running::of(command);
        proxy.reached();
        running.interrupt();
        // Long enough for the signal to have been seen.
        std::thread::sleep(std::time::Duration::from_millis(200));
        proxy.go_on();
        running.end().refused(&["interrupted"]);
        assert_eq!(ids(&world, docker), before, "{verb}");
        assert_eq!(docker(&["images", "--quiet", &world.image]).lines().count(), 2, "no other name is left");
        // The other verb moves both.
        world.on_image(again, &[]).fine();
        let after = ids(&world, docker);
        assert!(after[0] == after[1] && after[0] != before[0], "{after:?}");
    }
}

#[test]
fn an_engine_that_is_killed_between_two_names_gets_them_back_when_it_returns() {
    let world = World::new("names-killed", 1000).locked();
    let daemon = Daemon::start(tempfile::tempdir().unwrap());
    let with = |host: String| {
        let mut command = world.command(&["load", &world.image]);
        command.env("DOCKER_HOST", host);
        command
    };
    let socket = format!("unix://{}", daemon.socket().display());
    Said::from(with(socket).output().unwrap()).fine();
    let before = ids(&world, |arguments| daemon.docker(arguments));
    assert!(before[0].starts_with("sha256:") && before[0] == before[1], "{before:?}");

    change(&world);
    let proxy = Proxy::before(daemon.socket(), Moment::Name(2));
    let running = Running::of(with(proxy.host()));
    proxy.reached();
    let moved = ids(&world, |arguments| daemon.docker(arguments));
    assert!(moved[0] != before[0] && moved[1] == before[1], "the first name is on the new image: {moved:?}");
    let folder = daemon.kill();
    proxy.go_on();
    let daemon = Daemon::start(folder);
    let said = running.end();
    said.refused_with_hint(&["did not give the image its name", "all names are as they were"], "the engine's log");
    assert!(said.stderr.contains("Waiting for the engine"), "{}", said.stderr);
    assert_eq!(ids(&world, |arguments| daemon.docker(arguments)), before);
    assert_eq!(daemon.docker(&["ps", "--all", "--quiet"]), "");
}

#[test]
fn a_check_that_fails_moves_no_name_and_leaves_none() {
    let world = World::new("not-fine", 1000).locked();
    let checks = format!("images/checks/{}.toml", world.image);
    world.write(&checks, GREETS);
    world.on_image("up", &[]).fine();
    let before = ids(&world, docker);
    change(&world);
    world.write(&checks, &GREETS.replace("hello", "goodbye"));
    let said = world.on_image("up", &["--report", "report.json"]);
    assert_eq!((said.status, said.stdout.as_str()), (Some(1), ""), "{}", said.stderr);
    assert!(said.stderr.contains("no name was moved"), "{}", said.stderr);
    assert_eq!(ids(&world, docker), before);
    assert_eq!(docker(&["images", "--quiet", &world.image]).lines().count(), 2, "no other name is left");
    assert!(sage_oci_files::read_to_string(world.project().join("report.json")).unwrap().contains("\"failed\""));
    // What is kept can be started as the hint says.
    let id = said.stderr.split("docker rmi ").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
    assert_eq!(docker(&["run", "--rm", "--network", "none", id]), "hello");
}

#[test]
fn a_report_that_cannot_be_written_moves_no_name() {
    let world = World::new("report", 1000).locked();
    for option in ["--report", "--junit"] {
        let said = world.on_image("up", &[option, "/proc/none/report"]);
        said.refused(&["/proc/none"]);
        assert!(said.stderr.contains("1 passed") || said.stderr.contains("2 passed"), "{}", said.stderr);
        assert_eq!(docker(&["images", "--quiet", &world.image]), "", "a name");
    }
}

#[test]
fn what_a_killed_load_has_left_goes_with_the_next() {
    let world = World::new("killed-load", 1000).locked();
    world.on_image("build", &[]).fine();
    let proxy = Proxy::before(engine(), Moment::Answer);
    let mut command = world.command(&["load", &world.image]);
    command.env("DOCKER_HOST", proxy.host());
    let running = Running::of(command);
    proxy.reached();
    assert_eq!(world.in_engine(&["ps"]).lines().count(), 1, "nothing to tidy up");
    // Dropped, it is killed, and cannot tidy up. Any run may find what it has left, those of other tests, too.
    drop(running);
    proxy.go_on();
    let said = world.on_image("load", &[]);
    said.fine();
    assert_eq!(world.in_engine(&["ps"]), "", "{}", said.stderr);
}

/// The labels by which an image of the engine is newer than the world's, which says 1.0.
fn newer(world: &World, version: &str) -> String {
    let name = format!("{}:newer", world.image);
    let label = |key: &str, value: &str| format!("--change=LABEL {key}={value}");
    let labels = [
        label("org.opencontainers.image.title", &world.image),
        label("org.opencontainers.image.version", version),
        label("org.opencontainers.image.created", "2026-10-30T08:21:14Z"),
        label("org.sage-oci.channel", "tiny"),
    ];
    let container = docker(&["create", &world.reference()]);
    let mut words = vec!["commit"];
    words.extend(labels.iter().map(String::as_str));
    words.extend([container.as_str(), &name]);
    let id = docker(&words);
    docker(&["rm", &container]);
    id
}

#[test]
fn up_leaves_a_name_to_a_newer_image_and_load_does_what_it_is_told() {
    let world = World::new("newer", 1000).locked();
    world.on_image("up", &[]).fine();
    let old = ids(&world, docker)[0].clone();
    let id = newer(&world, "1.1");
    let latest = format!("{}:latest", world.image);
    docker(&["tag", &id, &latest]);
    let said = world.on_image("up", &[]);
    // What is to be started is the image that was tested.
    assert!(said.fine().ends_with(&world.reference()), "{}", said.stdout);
    let line = format!("{latest} stays where it is: it is at a newer image, 1.1 of tiny");
    assert!(said.stderr.contains(&line), "{}", said.stderr);
    let force = format!("sage-oci load {} --channel tiny --tag {latest}", world.image);
    assert!(said.stderr.contains(&format!("`{force}` moves it")), "{}", said.stderr);
    assert_eq!(ids(&world, docker), [old.clone(), id]);
    let words: Vec<&str> = force.split(' ').skip(1).collect();
    world.run(&words).fine();
    assert_eq!(ids(&world, docker), [old.clone(), old]);
}

#[test]
fn up_moves_a_name_from_an_older_image() {
    let world = World::new("older", 1000).locked();
    world.on_image("load", &[]).fine();
    let mine = ids(&world, docker)[0].clone();
    let id = newer(&world, "0.9");
    docker(&["tag", &id, &format!("{}:latest", world.image)]);
    world.on_image("up", &[]).fine();
    assert_eq!(ids(&world, docker), [mine.clone(), mine]);
}

#[test]
fn a_version_without_an_order_floats_nowhere() {
    let world = World::with("unordered", |name| {
        let app = Package::new("app", "1.0a-1")
            .compression(Compression::Plain)
            .file("usr/bin/tiny", 0o755, sage_oci_fake_image::program())
            .file("usr/share/app/name", 0o644, name);
        suite([app])
    })
    .locked();
    let said = world.on_image("up", &[]);
    let line = format!("{}:latest stays where it is: ", world.image);
    assert!(said.stderr.contains(&line) && said.stderr.contains("is no version"), "{}", said.stderr);
    assert!(said.fine().ends_with(&format!("{}:1.0a", world.image)), "{}", said.stdout);
    assert_eq!(docker(&["images", "--quiet", &world.image]).lines().count(), 1);
}
