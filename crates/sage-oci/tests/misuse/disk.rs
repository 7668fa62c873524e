//! Disks that are full or read-only, as folders of a mount namespace that ends with the command.

use crate::world::{Said, World, names};
use assert_cmd::cargo::cargo_bin;
use std::process::Command;

/// Runs the command with `$DISK` a small file system, mounted with these options after a shell command has prepared it.
/// Gives what it said and the regular files that were there in the end, with their sizes.
fn on_small_disk(world: &World, options: &str, prepare: &str, arguments: &[&str]) -> (Said, Vec<String>) {
    let disk = world.folder.path().join("disk");
    let list = world.folder.path().join("list");
    sage_oci_files::create_dir_all(&disk).unwrap();
    let script = format!(
        "mount -t tmpfs -o {options} tmpfs \"$DISK\" || exit 99\n{prepare}\n\"$@\"; status=$?\n\
         find \"$DISK\" -type f -printf '%P %s\\n' | sort >\"$LIST\"; exit $status"
    );
    let mut command = Command::new("unshare");
    // Who is not root mounts as the root of a namespace of their own.
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    world.environment(&mut command);
    command.args(["--mount", "sh", "-c", &script, "sh"]).arg(cargo_bin("sage-oci")).args(arguments);
    command.env("DISK", &disk).env("LIST", &list).env("SAGE_OCI_CACHE", disk.join("cache"));
    let said = Said::from(command.output().expect("these tests need `unshare`"));
    assert_ne!(said.status, Some(99), "a small disk cannot be mounted here: {}", said.stderr);
    let files = sage_oci_files::read_to_string(list).unwrap().lines().map(str::to_owned).collect();
    (said, files)
}

#[test]
fn the_cache_is_full() {
    for verb in ["lock", "build"] {
        let mut world = World::new("full", 4 << 20);
        let mut arguments = vec![verb];
        if verb == "build" {
            world = world.locked();
            arguments.push(&world.image);
        }
        let (said, files) = on_small_disk(&world, "size=2m", "", &arguments);
        said.refused_with_hint(&["No space left on device", "cache/debs/"], "SAGE_OCI_CACHE");
        let whole: Vec<&String> = files.iter().filter(|file| file.contains(".deb ")).collect();
        let small = |file: &&String| file.rsplit(' ').next().unwrap().parse::<u64>().unwrap() < 1 << 20;
        assert!(whole.iter().all(small), "an archive of 4 MB is said to be whole: {files:?}");
        assert!(files.iter().any(|file| file.contains(".deb.part ")), "what has come is kept: {files:?}");
        if verb == "lock" {
            world.has_no_lock();
        }
        world.run(&arguments).fine();
    }
}

#[test]
fn there_is_no_room_for_the_lock() {
    let world = World::new("room", 1000).locked();
    sage_oci_files::remove_file(world.lock_path()).unwrap();
    let cache = world.cache().display().to_string();
    let prepare = format!("head -c 100m /dev/zero >\"$DISK/fill\" 2>/dev/null\nexport SAGE_OCI_CACHE='{cache}'");
    let target = world.folder.path().join("disk/tiny.json").display().to_string();
    let (said, files) =
        on_small_disk(&world, "size=64k", &prepare, &["lock", "--channel", "tiny", "--output", &target]);
    said.refused_with_hint(&["No space left on device", "disk/tiny.json"], "free some space");
    assert_eq!(files, ["fill 65536"]);
}

#[test]
fn the_cache_is_read_only() {
    let world = World::new("readonly", 1000);
    let (said, files) = on_small_disk(&world, "ro", "", &["lock"]);
    said.refused_with_hint(&["Read-only file system", "disk/cache"], "mounted read-only");
    assert_eq!(files, Vec::<String>::new());
    world.has_no_lock();
}

#[test]
fn the_lock_s_folder_is_read_only() {
    let world = World::new("readonly-lock", 1000);
    let target = world.folder.path().join("disk/tiny.json").display().to_string();
    let prepare = format!("export SAGE_OCI_CACHE='{}'", world.cache().display());
    let (said, _) = on_small_disk(&world, "ro", &prepare, &["lock", "--channel", "tiny", "--output", &target]);
    said.refused_with_hint(&["read-only", "disk/tiny.json"], "can be written");
    // A second try with a place that can be written begins with what has been fetched.
    assert!(names(&world.cache().join("debs")).iter().any(|name| name.ends_with(".deb")));
}

#[test]
fn there_is_no_room_for_a_second_build() {
    let world = World::new("verify-disk", 8 << 20).locked();
    world.on_image("build", &[]).fine();
    let prepare = format!("export SAGE_OCI_CACHE='{}'", world.cache().display());
    let work = world.folder.path().join("disk").display().to_string();
    // None for the builder's program, and then none for what it writes.
    for size in ["size=2m", "size=14m"] {
        for more in [&[][..], &["--json"]] {
            let words = ["verify", &world.image, "--vary", "none", "--work", &work];
            let (said, files) = on_small_disk(&world, size, &prepare, &[&words[..], more].concat());
            assert_eq!(said.status, Some(2), "{}", said.stderr);
            assert!(said.stderr.contains("error: inconclusive: "), "{}", said.stderr);
            assert!(said.stderr.contains("No space left on device"), "{}", said.stderr);
            assert_eq!(files, Vec::<String>::new(), "{size}");
            let report = said.stdout.contains("\"verdict\": \"inconclusive\"");
            assert_eq!((report, said.stdout.is_empty()), (!more.is_empty(), more.is_empty()), "{}", said.stdout);
        }
    }
}
