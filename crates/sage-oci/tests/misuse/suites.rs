//! A channel of several suites: a dead mirror, a wrong key, an old index given out again, and what `--check` says.

use crate::world::{Said, World, app, suite};
use sage_oci_fake_mirror::{Fault, Mirror, When};
use sage_oci_fake_suite::{DATE, Key, Package, Suite};

/// A world with a second suite, `tiny-security`, on a mirror of its own and with a key of its own.
struct Two {
    world: World,
    security: Mirror,
    folder: tempfile::TempDir,
}

fn security() -> Suite {
    Suite::new("tiny-security").signed_by(Key::Other)
}

impl Two {
    fn new(purpose: &str, more: &Suite) -> Self {
        let folder = tempfile::tempdir().unwrap();
        more.write_to(folder.path()).unwrap();
        let security = Mirror::serve(folder.path()).unwrap();
        let lib = Package::new("lib", "1-1").file("usr/share/lib", 0o644, "old");
        let world = World::with(purpose, |name| suite([app(name, 1000).depends("lib"), lib]));
        world.write("keys/other.asc", Key::Other.armored());
        world.write(
            "channels/tiny.toml",
            &CHANNEL.replace("SECURITY", &security.url()).replace("MIRROR", &world.mirror.url()),
        );
        Self { world, security, folder }
    }

    fn publish(&self, suite: &Suite) {
        suite.write_to(self.folder.path()).unwrap();
    }

    fn lock_text(&self) -> String {
        sage_oci_files::read_to_string(self.world.lock_path()).unwrap()
    }

    fn check(&self, more: &[&str]) -> Said {
        self.world.run(&[&["lock", "--check", "--quiet"], more].concat())
    }
}

#[test]
fn a_dead_mirror_of_the_security_suite() {
    let two = Two::new("dead-security", &security());
    two.security.on("*", When::Always, Fault::Status(404));
    let texts = ["no mirror of the security suite `tiny-security`", &two.security.url(), "status 404"];
    two.world.run(&["lock"]).refused_with_hint(&texts, "mirrors and suites");
    two.world.has_no_lock();
}

#[test]
fn a_suite_that_the_other_suites_key_has_signed() {
    let two = Two::new("other-key", &security().signed_by(Key::Usual));
    let texts = [
        "suite `tiny-security` is signed by F5B367ACE7188D9D08F556BC4B570A3E531770AD",
        "AB8F8C97BEF9C74BFD23C55D076C5075D12665F6",
    ];
    two.world.run(&["lock"]).refused_with_hint(&texts, "`keys`");
    two.world.has_no_lock();
}

#[test]
fn each_archive_comes_from_its_own_mirror_also_when_it_is_built() {
    let two = Two::new("own-mirror", &security());
    // The image's name is in it: what no run before has had, no store has already.
    two.publish(&security().package(Package::new("lib", "1-2").file("usr/share/lib", 0o644, &two.world.image)));
    let two = Two { world: two.world.locked(), ..two };
    assert!(two.lock_text().contains("\"path\":\"pool/main/lib/lib/lib_1-2_amd64.deb\",\"suite\":\"tiny-security\""));
    sage_oci_files::remove_dir_all(two.world.cache()).unwrap();
    two.world.on_image("build", &[]).fine();
    let fetched = |mirror: &Mirror| mirror.requests().iter().filter(|request| request.path.contains("/lib_")).count();
    // Once for the lock, once for the build.
    assert_eq!((fetched(&two.world.mirror), fetched(&two.security)), (0, 2));
}

#[test]
fn an_old_index_that_is_given_out_again() {
    let two = Two::new("older", &security().date(DATE + 60));
    let two = Two { world: two.world.locked(), ..two };
    let before = two.lock_text();
    two.publish(&security());
    let texts = ["`tiny-security`", "2026-01-02T03:04:05Z", "2026-01-02T03:05:05Z", &two.security.url()];
    two.world.run(&["lock"]).refused_with_hint(&texts, "--allow-older");
    two.check(&[]).refused(&texts);
    assert_eq!(two.lock_text(), before);
    two.world.run(&["lock", "--allow-older"]).fine();
    assert!(two.lock_text().contains("\"older_than\":\"2026-01-02T03:05:05Z\""));
}

#[test]
fn check_says_what_is_newer_and_what_mends_security() {
    let two = Two::new("check", &security());
    let path = two.world.lock_path().display().to_string();
    let said = two.check(&[]);
    assert_eq!((said.status, said.stdout), (Some(1), format!("{path}: there is no lock yet\n")));
    let two = Two { world: two.world.locked(), ..two };
    let before = two.lock_text();
    let said = two.check(&[]);
    assert_eq!(
        (said.status, said.stdout),
        (Some(0), format!("{path}: no package has a newer version\n{path}: current\n"))
    );
    // Signed anew, nothing else.
    two.publish(&security().date(DATE + 1));
    let said = two.check(&[]);
    let last = format!("{path}: current; only the indexes are newer");
    assert_eq!((said.status, said.stdout.lines().last()), (Some(0), Some(last.as_str())));

    let mended = Package::new("lib", "1-2").file("usr/share/lib", 0o644, "mended");
    two.publish(&security().date(DATE + 2).package(mended.clone()));
    let said = two.check(&[]);
    assert_eq!(said.status, Some(1), "{}", said.stderr);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines[0], format!("{path}: 1 package has a newer version, 1 of security suites"));
    assert_eq!(
        lines[1..3],
        ["^ lib 1-1 -> 1-2 (tiny-security, security)", &format!("{path}: a new lock would differ")]
    );
    assert_eq!(lines[3], "1 changed, 0 added, 0 removed");
    let said = two.check(&["--json"]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((said.status, &json["security"], &json["current"]), (Some(1), &1.into(), &false.into()));
    assert_eq!((&json["newer"][0]["name"], &json["newer"][0]["security"]), (&"lib".into(), &true.into()));
    assert_eq!(json["diff"]["changed"][0]["to"], "1-2");

    // What is newer is said, too, where no new lock can be made.
    two.publish(&security().date(DATE + 3).package(mended.script("postinst", "#!/bin/sh\nfrobnicate\n")));
    let said = two.check(&[]);
    assert_eq!(said.status, Some(2));
    assert!(said.stdout.contains("^ lib 1-1 -> 1-2") && said.stderr.contains("frobnicate"), "{said:?}");
    let said = two.check(&["--json"]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((said.status, &json["newer"][0]["to"], json["current"].is_null()), (Some(2), &"1-2".into(), true));
    assert_eq!(two.lock_text(), before, "--check writes nothing");
}

const CHANNEL: &str = r#"format = 2
name = "tiny"
description = "made for a test"
mirrors = ["MIRROR"]
keys = ["test"]

[[suites]]
suite = "tiny"
components = ["main"]

[[suites]]
suite = "tiny-security"
components = ["main"]
mirrors = ["SECURITY"]
keys = ["other"]
security = true
"#;
