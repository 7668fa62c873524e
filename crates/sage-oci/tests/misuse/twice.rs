//! The same thing twice at once.

use crate::process::Running;
use crate::world::World;

/// Runs a command three times at once; all end well and say the same.
#[track_caller]
fn at_once(world: &World, arguments: &[&str]) -> String {
    let running: Vec<Running> = (0..3).map(|_| Running::start(world, arguments)).collect();
    let said: Vec<String> = running.into_iter().map(|one| one.end().fine().to_owned()).collect();
    assert!(said.iter().all(|one| one == &said[0]), "{said:?}");
    said[0].clone()
}

#[test]
fn locks_builds_and_imports() {
    let world = World::new("twice", 8 << 20);
    assert_eq!(at_once(&world, &["lock"]), world.lock_path().display().to_string());
    // From an empty cache: the builds share the download as well.
    sage_oci_files::remove_dir_all(world.cache()).unwrap();
    let path = at_once(&world, &["build", &world.image]);
    assert_eq!(world.on_image("build", &[]).fine(), path);
    world.on_image("inspect", &["--validate"]).fine();
    at_once(&world, &["load", &world.image]);
    assert_eq!(world.greets(), "hello");
    at_once(&world, &["up", &world.image]);
}
