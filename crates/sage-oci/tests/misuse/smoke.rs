//! `smoke` on images that are not there, not ours, or do not do what they should; and what stays of it.

use crate::process::{Running, until};
use crate::world::{Said, World, docker};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

/// A world whose image is in the engine and has these checks.
fn imported(purpose: &str, checks: &str) -> World {
    let world = World::new(purpose, 1000).locked();
    world.write(&format!("images/checks/{}.toml", world.image), &format!("version = 1\n{checks}"));
    world.on_image("load", &[]).fine();
    world
}

/// The checks were run and did not all pass: status 1, with these texts for people.
#[track_caller]
fn not_fine(world: &World, more: &[&str], texts: &[&str]) -> Said {
    let said = world.on_image("smoke", more);
    assert_eq!(said.status, Some(1), "{}", said.stderr);
    for text in texts {
        assert!(said.stderr.contains(text), "no `{text}` in:\n{}", said.stderr);
    }
    said
}

#[test]
fn the_image_is_missing() {
    let world = World::new("missing", 1000).locked();
    let load = format!("`sage-oci load {} --channel tiny`", world.image);
    world.on_image("smoke", &[]).refused_with_hint(&["the engine has no image", &world.reference()], &load);
    // With --all, too; what is there would have been tested.
    world.run(&["smoke", "--all"]).refused_with_hint(&["the engine has no image", &world.reference()], &load);
    assert_eq!(world.in_engine(&["ps"]), "");
}

#[test]
fn the_image_is_somebody_elses() {
    let (other, world) = (imported("other", ""), World::new("mine", 1000).locked());
    docker(&["tag", &other.reference(), &world.reference()]);
    let said = world.on_image("smoke", &[]);
    let also = world.on_image("smoke", &["--reference", &world.reference()]);
    docker(&["rmi", &world.reference()]);
    said.refused_with_hint(&["somebody else's image", &other.image], "--reference");
    assert_eq!(also.status, Some(0), "{}", also.stderr);
}

#[test]
fn the_port_is_taken() {
    let checks = "[[check]]\nname = \"port\"\ncommand = [\"/usr/bin/tiny\", \"serve\", \"80\", \"up\"]\n\
                  service = { port = 80 }\n";
    let world = imported("port", checks);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    not_fine(&world, &["--port", &port], &[&format!("port {port} of this machine is taken"), "ss -ltnp"]);
    assert_eq!(world.in_engine(&["ps"]), "");
    drop(listener);
    assert_eq!(world.on_image("smoke", &["--port", &port]).status, Some(0));
}

#[test]
fn the_container_ends_at_once() {
    let checks = "[[check]]\nname = \"notebook\"\ncommand = [\"/usr/bin/tiny\", \"exit\", \"3\"]\n\
                  notebook = { kernel = \"any\" }\n";
    let world = imported("ends", checks);
    let texts = ["ended with exit status 3 before it said its address", "| leaving with 3", "out of memory: no"];
    not_fine(&world, &[], &texts);
    assert_eq!(world.in_engine(&["ps"]), "");
}

#[test]
fn what_is_kept_can_be_entered_and_stays() {
    let checks = "[[check]]\nname = \"stays\"\ncommand = [\"/usr/bin/tiny\", \"stay\", \"up\"]\ntimeout = 2\n";
    let world = imported("kept", checks);
    let said =
        not_fine(&world, &["--keep"], &["no end within 2 seconds", "look: docker exec -it ", "docker rm --force"]);
    let id = said.stderr.split("docker exec -it ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert_eq!(docker(&["exec", id, "/usr/bin/tiny", "echo", "inside"]), "inside");
    // The next run leaves it alone, although the process that made it is gone.
    not_fine(&world, &[], &["no end within 2 seconds"]);
    assert_eq!(world.in_engine(&["ps"]).lines().count(), 1);
}

#[test]
fn what_a_killed_run_has_left_goes_and_nothing_else() {
    let checks = "[[check]]\nname = \"long\"\ncommand = [\"/usr/bin/tiny\", \"sleep\", \"300\"]\n\
                  [[check]]\nname = \"short\"\n";
    let world = imported("killed-run", checks);
    let running = Running::start(&world, &["smoke", &world.image]);
    let ours = || world.in_engine(&["ps", "--filter", "label=org.sage-oci.owner"]);
    until("its container", || (!ours().is_empty()).then_some(()));
    // Dropped, it is killed, and cannot tidy up. Any run may find what it has left, those of other tests, too.
    drop(running);
    let others =
        ["run", "--detach", "--label", "org.sage-oci.run=1-x", &world.reference(), "/usr/bin/tiny", "stay", "up"];
    let other = docker(&others);
    let said = world.on_image("smoke", &["--only", "short"]);
    assert_eq!(said.status, Some(0), "{}", said.stderr);
    assert_eq!(world.in_engine(&["ps"]), other, "a container without its owner's label is somebody else's");
}

#[test]
fn the_engine_lacks_the_api() {
    let world = World::new("old-engine", 1000).locked();
    let socket = world.folder.path().join("engine.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            assert!(lines.map_while(Result::ok).any(|line| line.is_empty()));
            let body = r#"{"Version":"19.3.1","ApiVersion":"1.40"}"#;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        }
    });
    let mut command = world.command(&["smoke", &world.image]);
    command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
    let said = Said::from(command.output().unwrap());
    said.refused_with_hint(&["19.3.1 (API 1.40)", "at least Docker 20.10"], "upgrade the engine");
}

#[test]
fn the_contract_is_listed_and_a_row_without_a_check_is_not_fine() {
    let world = World::new("contract", 1000).locked();
    let checks = format!("images/checks/{}.toml", world.image);
    let text = "version = 1\n[contract]\nI1 = \"it greets\"\n[[check]]\nname = \"hello\"\nproves = [\"I1\"]\n";
    world.write(&checks, text);
    let said = world.on_image("smoke", &["--contract"]);
    assert_eq!(said.status, Some(0), "{}", said.stderr);
    assert!(said.stdout.contains("I1") && said.stdout.contains("hello"), "{}", said.stdout);
    world.write(&checks, &text.replace("it greets\"", "it greets\"\nI2 = \"nobody looks\""));
    let said = world.on_image("smoke", &["--contract"]);
    assert_eq!(said.status, Some(1), "{}", said.stderr);
    assert!(said.stdout.contains("NO CHECK"), "{}", said.stdout);
    // Groups are found by `--only`, and named where nothing is.
    world.write(&checks, &text.replace("name = \"hello\"", "name = \"hello\"\ngroup = \"greetings\""));
    let said = world.on_image("smoke", &["--contract", "--only", "greet"]);
    assert_eq!(said.status, Some(0), "{}", said.stderr);
    world.on_image("smoke", &["--only", "no such"]).refused_with_hint(&["`no such`"], "the groups are `greetings`");
    world.write(&checks, &text.replace("version = 1\n", &format!("version = 1\nextends = \"{}\"\n", world.image)));
    world.on_image("smoke", &["--contract"]).refused(&["goes round in a circle"]);
}

#[test]
fn under_podman_commands_for_people_are_podmans() {
    let checks = "[[check]]\nname = \"bad\"\ncommand = [\"/usr/bin/tiny\", \"exit\", \"3\"]\n";
    let world = imported("podman", checks);
    let host = crate::proxy::podman(world.folder.path());
    let run = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        Said::from(command.env("DOCKER_HOST", &host).output().unwrap())
    };
    let bad = run(&["up", &world.image]);
    assert_eq!(bad.status, Some(1), "{}", bad.stderr);
    assert!(bad.stderr.contains("look: podman run --rm -it --network=none"), "{}", bad.stderr);
    let kept = run(&["smoke", &world.image, "--keep"]);
    assert!(kept.stderr.contains("look: podman start --attach"), "{}", kept.stderr);
    world.write(&format!("images/checks/{}.toml", world.image), "version = 1\n");
    let good = run(&["up", &world.image]);
    assert_eq!(good.fine(), format!("podman run --rm -it {}", world.image));
    for said in [bad, kept, good] {
        // The paths of the machine's engine are no commands.
        let lines = said.stderr.lines().filter(|line| !line.starts_with("      "));
        assert!(!lines.clone().any(|line| line.contains("docker ")), "{}", said.stderr);
    }
}
