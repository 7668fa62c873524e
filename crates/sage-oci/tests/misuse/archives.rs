//! What comes from the archive: changed, cut, absent, hostile, or not to be had together.

use crate::world::{World, app, names, suite};
use sage_oci_fake_mirror::{Fault, When};
use sage_oci_fake_suite::{Package, header, tar};

const ARCHIVE: &str = "pool/main/a/app/app_1.0-1_amd64.deb";

#[test]
fn a_changed_release_file() {
    let world = World::new("inrelease", 1000);
    world.spoil("dists/tiny/InRelease", |bytes| {
        let at = bytes.windows(5).position(|window| window == b"Label").unwrap();
        bytes[at + 7] ^= 1;
    });
    world.run(&["lock"]).refused_with_hint(&["dists/tiny/InRelease", "cannot be believed"], "mirror");
    world.has_no_lock();
}

#[test]
fn a_changed_index() {
    let world = World::new("index", 1000);
    world.spoil("dists/tiny/main/binary-amd64/Packages.xz", |bytes| bytes[30] ^= 1);
    world.run(&["lock"]).refused_with_hint(&["binary-amd64/Packages.xz", "digest"], "mirror");
    world.has_no_lock();
    assert_eq!(names(&world.cache().join("indexes")), Vec::<String>::new());
}

#[test]
fn a_changed_archive() {
    let world = World::new("changed", 1000);
    world.spoil(ARCHIVE, |bytes| bytes[70] ^= 1);
    world.run(&["lock"]).refused_with_hint(&[ARCHIVE, "digest"], "other bytes than the lock");
    world.has_no_lock();
    let left = names(&world.cache().join("debs"));
    assert!(left.iter().all(|name| name.ends_with(".deb")) && left.len() == 1, "only the good one: {left:?}");
}

#[test]
fn mirrors_of_a_lock_that_misbehave() {
    let world = World::new("mirror", 1 << 20).locked();
    for (fault, text) in [
        (Fault::Status(404), "status 404 (not found)"),
        (Fault::Status(500), "status 500 (the server's fault) (4 attempts)"),
        (Fault::Garbage, "the digest is sha256:"),
        (Fault::Half, "the connection ended after"),
        (Fault::Shorter(7), "bytes long and not"),
        (Fault::NotHttp, "cannot fetch"),
        (Fault::Redirect("/".to_owned()), "cannot fetch"),
    ] {
        sage_oci_files::remove_dir_all(world.cache()).unwrap();
        world.mirror.behave();
        world.mirror.on("/pool/*app*", When::Always, fault.clone());
        let said = world.on_image("build", &[]);
        said.refused(&[ARCHIVE, &world.mirror.url()]);
        assert!(said.stderr.contains(text), "{fault:?}: {}", said.stderr);
        assert!(said.stderr.contains("\nhint: "), "{fault:?}: {}", said.stderr);
        let whole = names(&world.cache().join("debs")).into_iter().filter(|name| name.ends_with(".deb")).count();
        assert!(whole <= 1, "{fault:?}: the archive is said to be there");
    }
    world.mirror.behave();
    world.on_image("build", &[]).fine();
}

#[test]
fn a_mirror_that_falls_silent_is_asked_again() {
    let world = World::new("silent", 1000);
    world.mirror.on("/pool/*app*", When::First(1), Fault::Stall(100));
    let said = world.run(&["lock"]);
    said.fine();
    assert!(said.stderr.contains("again") && said.stderr.contains("timed out"), "{}", said.stderr);
}

#[test]
fn hostile_archives() {
    type Spoil = fn(Package) -> Package;
    let hostile: [(&str, Spoil, &str); 6] = [
        ("dots", |app| app.raw_file("../evil", b"x"), "../evil"),
        ("absolute", |app| app.raw_file("/etc/passwd", b"x"), "/etc/passwd"),
        ("link", |app| app.raw(header(b"./evil", tar::EntryType::Link, b"/etc/shadow", 0), b""), "/etc/shadow"),
        ("device", |app| app.device("./dev/sda"), "dev/sda"),
        ("pipe", |app| app.fifo("./run/pipe"), "run/pipe"),
        (
            "bomb",
            |app| {
                app.compression(sage_oci_fake_suite::Compression::Gz)
                    .field("Installed-Size", "1")
                    .bomb("zeros", 80 << 20)
            },
            "app",
        ),
    ];
    for (purpose, spoil, text) in hostile {
        let world = World::with(purpose, |name| suite([spoil(app(name, 1000))]));
        world.run(&["lock"]).refused_with_hint(&["archive of package app 1.0-1 cannot be read", text], "");
        world.has_no_lock();
        assert!(!world.folder.path().join("evil").exists());
    }
}

#[test]
fn a_package_that_does_not_exist() {
    let world = World::new("unknown", 1000);
    world.write("images/tiny.toml", &world.definition().replace("\"app\",\n]", "\"app\",\n  \"ap\",\n]"));
    world.run(&["lock"]).refused_with_hint(&["nix/images/tiny.toml:15: ", "there is no package `ap`"], "`app`");
    world.has_no_lock();
}

#[test]
fn packages_that_quarrel_and_packages_that_lack_something() {
    let world = World::with("quarrel", |name| {
        let left = Package::new("left", "1-1").depends("middle (<< 2)");
        let right = Package::new("right", "1-1").conflicts("left");
        let lame = Package::new("lame", "1-1").depends("nobody-has-this");
        suite([app(name, 1000), Package::new("middle", "1-1"), left, right, lame])
    });
    for (wanted, texts) in
        [("\"left\", \"right\"", ["left 1-1", "right 1-1"]), ("\"lame\"", ["lame", "nobody-has-this"])]
    {
        let more = format!("\"app\",\n  {wanted},\n]");
        world.write("images/tiny.toml", &world.definition().replace("\"app\",\n]", &more));
        world.run(&["lock"]).refused(&texts);
        world.has_no_lock();
    }
}
