//! Repositories elsewhere.

use crate::world::{World, git};
use sage_oci_revision::{Limits, RevisionError};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How many objects the cache has.
fn objects(world: &World) -> usize {
    git(&world.path("cache/commits.git"), &["cat-file", "--batch-all-objects", "--batch-check"]).lines().count()
}

#[test]
fn references_of_a_repository_elsewhere() {
    let world = World::new();
    let folder = world.repository("r");
    let first = git(&folder, &["rev-parse", "HEAD"]);
    git(&folder, &["tag", "-a", "10.9", "-m", "x"]);
    world.write("r/src/sage/a.pyx", "cdef int b\n");
    let second = world.commit("r");
    git(&folder, &["update-ref", "refs/pull/7/head", "HEAD"]);
    git(&folder, &["branch", "u/me/x", "HEAD~1"]);
    for (text, hash, branch) in [
        ("", &second, None),
        ("@main", &second, Some("main")),
        ("@refs/heads/u/me/x", &first, Some("u/me/x")),
        ("@10.9", &first, Some("10.9")),
        ("@refs/tags/10.9", &first, None),
        ("@refs/pull/7/head", &second, Some("pull-7")),
        (&format!("@{second}"), &second, None),
    ] {
        let mut found = world.open(&format!("file://{{}}/r{text}")).unwrap();
        assert_eq!((found.identity.commit.as_ref(), found.identity.branch.as_deref()), (Some(hash), branch), "{text}");
        assert_eq!(found.identity.describe, Some(format!("10.9-g{}", &hash[..10])));
        assert_eq!(found.identity.origin, Some(format!("file://{}", folder.display())));
        let content: &[u8] = if *hash == second { b"cdef int b\n" } else { b"cdef int a\n" };
        assert_eq!(found.file("src/sage/a.pyx").unwrap().unwrap(), content);
    }
    // Two commits, of which the second changed one file in two folders; and a tag.
    assert_eq!(objects(&world), 2 + (3 + 4) + (3 + 1) + 1);
    // A whole hash that was fetched before needs nobody.
    sage_oci_files::remove_dir_all(&folder).unwrap();
    assert!(world.open(&format!("file://{{}}/r@{second}")).is_ok());
    assert!(matches!(world.refused("file://{}/r@main").0, RevisionError::Refused { .. }));
}

#[test]
fn what_is_not_there() {
    let world = World::new();
    let folder = world.repository("r");
    git(&folder, &["branch", "my-branch"]);
    git(&folder, &["tag", "tree", "HEAD^{tree}"]);
    let (error, said) = world.refused("file://{}/r@refs/pull/99999/head");
    assert!(matches!(error, RevisionError::NoSuchReference { .. }), "{said}");
    let (error, said) = world.refused("file://{}/r@my-brnach");
    assert!(matches!(error, RevisionError::NoSuchReference { .. }) && said.contains("`my-branch`"), "{said}");
    let none = "0123456789012345678901234567890123456789";
    let (error, said) = world.refused(&format!("file://{{}}/r@{none}"));
    assert!(matches!(error, RevisionError::NoSuchReference { .. }), "{said}");
    let (error, said) = world.refused("file://{}/r@tree");
    assert!(matches!(&error, RevisionError::NotACommit { kind, .. } if kind == "tree"), "{said}");
    let (error, said) = world.refused("file://{}/nothing@main");
    assert!(matches!(error, RevisionError::Refused { .. }), "{said}");
    let (error, said) = world.refused("http://me:secret@127.0.0.1:1/x@main");
    assert!(matches!(error, RevisionError::Fetch { .. }) && !said.contains("secret"), "{said}");
    // After all that the cache is in order.
    assert!(world.open("file://{}/r@main").is_ok());
}

#[test]
fn what_a_killed_fetch_leaves_harms_nobody() {
    let world = World::new();
    let folder = world.repository("r");
    // A repository that was never finished.
    world.write("cache/commits.git/HEAD", "");
    assert!(world.open("file://{}/r").is_ok());
    for left in ["shallow.lock", "packed-refs.lock", "refs/incoming/wanted.lock", "objects/pack/tmp_pack_x"] {
        world.write(&format!("cache/commits.git/{left}"), "");
    }
    world.write("r/README", "new\n");
    let hash = world.commit("r");
    assert_eq!(world.open("file://{}/r").unwrap().identity.commit, Some(hash));
    assert!(!sage_oci_files::exists(world.path("cache/commits.git/objects/pack/tmp_pack_x")).unwrap());
    // What a loss of power leaves: a reference without a content, and an object without one.
    world.write("r/README", "newer\n");
    let hash = world.commit("r");
    world.write("cache/commits.git/config", "[core\n");
    assert_eq!(world.open("file://{}/r").unwrap().identity.commit.as_ref(), Some(&hash));
    drop(folder);
}

/// A server that says `greeting` to whoever asks, and then nothing, for ever.
fn silent(greeting: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut held: Vec<TcpStream> = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(greeting.as_bytes());
            held.push(stream);
        }
    });
    port
}

/// The answer of a git server, which is to be longer than it is.
const ADVERTISED: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\
                          Content-Length: 100000\r\n\r\n001e# service=git-upload-pack\n0000";

#[test]
fn a_server_that_stops_in_the_middle_is_not_waited_for() {
    let mut world = World::new();
    world.limits = Limits { silence: Duration::from_secs(2), whole: Duration::from_secs(30) };
    for address in [format!("http://127.0.0.1:{}/x", silent(ADVERTISED)), format!("git://127.0.0.1:{}/x", silent(""))] {
        let start = Instant::now();
        let (error, said) = world.refused(&format!("{address}@main"));
        assert!(matches!(error, RevisionError::Silent { whole: false, .. }), "{said}");
        assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    }
    world.limits = Limits { silence: Duration::from_secs(30), whole: Duration::from_secs(1) };
    let (error, said) = world.refused(&format!("git://127.0.0.1:{}/x@main", silent("")));
    assert!(matches!(error, RevisionError::Silent { whole: true, .. }), "{said}");
    world.repository("r");
    world.limits = World::new().limits;
    assert!(world.open("file://{}/r").is_ok());
}

#[test]
fn a_fetch_can_be_stopped() {
    let world = World::new();
    let address = format!("http://127.0.0.1:{}/x@main", silent(ADVERTISED));
    let start = Instant::now();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| world.open(&address));
        std::thread::sleep(Duration::from_millis(500));
        world.stop.store(true, Ordering::Relaxed);
        assert!(matches!(running.join().unwrap(), Err(RevisionError::Stopped)));
    });
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    world.stop.store(false, Ordering::Relaxed);
    world.repository("r");
    assert!(world.open("file://{}/r").is_ok());
}

#[test]
fn several_at_once_take_turns() {
    let world = World::new();
    world.repository("r");
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(|| world.open("file://{}/r@main").map(drop))).collect();
        for one in all {
            one.join().unwrap().unwrap();
        }
    });
}
