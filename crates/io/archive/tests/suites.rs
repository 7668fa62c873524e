//! Channels of several suites: which version counts, where it comes from, whom each suite is believed from, and that no suite
//! goes back.

use sage_oci_archive::{ArchiveError, ImageRequest, LockRequest, NoProgress, SuiteRequest, Survey, make_lock};
use sage_oci_census::Census;
use sage_oci_fake_mirror::{Fault, Mirror, When};
use sage_oci_fake_suite::{DATE, Key, Package, Suite};
use sage_oci_hint::Hint as _;
use sage_oci_lock::{Lock, LockedPackage};
use sage_oci_names::{Architecture, ChannelName, ImageName, PackageName, SourceName};
use sage_oci_signature::Keyring;
use std::time::Duration;

const DAY: i64 = 24 * 3600;

/// `stable` and `stable-security`, each on a mirror of its own and signed by a key of its own.
struct World {
    folder: tempfile::TempDir,
    stable: Mirror,
    security: Mirror,
    census: Census,
}

fn stable() -> Suite {
    Suite::new("stable")
        .package(Package::new("app", "1.0-1").depends("lib, tool"))
        .package(Package::new("lib", "1.2-1").file("usr/lib/lib.so.1", 0o644, b"old"))
        .package(Package::new("tool", "3-1").file("usr/bin/tool", 0o755, b"tool"))
        .package(Package::new("dash", "0.5-1").essential().file("usr/bin/sh", 0o755, b""))
}

fn security() -> Suite {
    Suite::new("stable-security")
        .signed_by(Key::Other)
        .date(DATE + DAY)
        .package(Package::new("lib", "1.2-1+deb1").file("usr/lib/lib.so.1", 0o644, b"mended"))
        // Older than what stable has, as after a point release.
        .package(Package::new("tool", "2-1"))
        .package(Package::new("stranger", "1-1"))
}

impl World {
    fn new(stable: Suite, security: Suite) -> Self {
        let folder = tempfile::tempdir().unwrap();
        stable.write_to(folder.path().join("stable")).unwrap();
        security.write_to(folder.path().join("security")).unwrap();
        Self {
            stable: Mirror::serve(folder.path().join("stable")).unwrap(),
            security: Mirror::serve(folder.path().join("security")).unwrap(),
            folder,
            census: Census::default(),
        }
    }

    /// The mirror has this suite from now on.
    fn publish(&self, folder: &str, suite: Suite) {
        suite.write_to(self.folder.path().join(folder)).unwrap();
    }

    fn request<'a>(&'a self, previous: Option<&'a Lock>) -> LockRequest<'a> {
        LockRequest {
            channel: ChannelName::parse("stable").unwrap(),
            suites: vec![
                suite("stable", &self.stable, Key::Usual),
                SuiteRequest {
                    security: true,
                    snapshot: Some("http://snapshot.invalid/security".to_owned()),
                    ..suite("stable-security", &self.security, Key::Other)
                },
            ],
            architecture: Architecture::Amd64,
            machines: Vec::new(),
            compilers: Vec::new(),
            images: vec![image()],
            census: &self.census,
            previous,
            accept_expired: false,
            allow_older: false,
            now: DATE + 2 * DAY,
            cache: self.folder.path().join("cache"),
            fetch: sage_oci_fetch::Options { attempts: 1, first_pause: Duration::from_millis(1), ..Default::default() },
        }
    }

    fn lock(&self, previous: Option<&Lock>) -> Result<Lock, ArchiveError> {
        make_lock(&self.request(previous), &NoProgress)
    }
}

fn suite(name: &str, mirror: &Mirror, key: Key) -> SuiteRequest {
    SuiteRequest {
        suite: name.to_owned(),
        components: vec!["main".to_owned()],
        mirrors: vec![mirror.url()],
        snapshot: None,
        keyring: Keyring::from_armored(&[("test", key.armored())]).unwrap(),
        security: false,
    }
}

fn image() -> ImageRequest {
    let app = PackageName::parse("app").unwrap();
    ImageRequest {
        name: ImageName::parse("app-image").unwrap(),
        extends: None,
        version_of: app.clone(),
        wanted: vec![app],
        left_out: Vec::new(),
        brought_back: Vec::new(),
        payload: vec![SourceName::parse("app").unwrap()],
        sources: Vec::new(),
    }
}

fn package<'l>(lock: &'l Lock, wanted: &str) -> &'l LockedPackage {
    lock.packages.iter().find(|package| package.name.as_str() == wanted).unwrap()
}

#[test]
fn the_newest_version_counts_and_comes_from_its_own_mirror() {
    let world = World::new(stable(), security());
    let lock = world.lock(None).unwrap();
    let from = |name: &str| {
        let package = package(&lock, name);
        (package.version.to_string(), package.suite.clone(), lock.mirrors(package.suite.as_deref())[0].clone())
    };
    assert_eq!(from("lib"), ("1.2-1+deb1".to_owned(), Some("stable-security".to_owned()), world.security.url()));
    assert_eq!(from("tool"), ("3-1".to_owned(), None, world.stable.url()));
    assert_eq!(from("app"), ("1.0-1".to_owned(), None, world.stable.url()));
    assert_eq!(lock.packages.len(), 4, "nothing else comes in");
    // Each mirror was asked for what it has alone.
    let asked = |mirror: &Mirror| -> Vec<String> {
        mirror.requests().iter().map(|request| request.path.clone()).filter(|path| path.contains("/pool/")).collect()
    };
    assert_eq!(asked(&world.security), ["/pool/main/lib/lib/lib_1.2-1+deb1_amd64.deb"]);
    assert!(asked(&world.stable).iter().all(|path| !path.contains("/lib/")), "{:?}", asked(&world.stable));
    // Of the two the younger is the lock's time; each suite's mirrors and signers are its own.
    assert_eq!(lock.epoch, (DATE + DAY) as u64);
    let [stable, security] = &lock.suites[..] else { panic!("{:?}", lock.suites) };
    assert_eq!((stable.mirrors.len(), stable.security, security.security), (1, false, true));
    assert_eq!(security.mirrors[1], "http://snapshot.invalid/security/20260103T030405Z");
    assert_ne!(stable.signers, security.signers);
    assert_eq!(Lock::parse(&lock.to_text()).unwrap(), lock);
}

#[test]
fn of_equal_archives_that_of_the_first_suite_counts() {
    let moved = security().package(Package::new("tool", "3-1").file("usr/bin/tool", 0o755, b"tool"));
    let lock = World::new(stable(), moved).lock(None).unwrap();
    assert_eq!(package(&lock, "tool").suite, None);
}

#[test]
fn suites_of_one_archive_share_the_newest_snapshot() {
    let world = World::new(stable(), security());
    world.publish("stable", Suite::new("stable-updates").date(DATE + 3600));
    let mut request = world.request(None);
    request.suites.insert(1, suite("stable-updates", &world.stable, Key::Usual));
    for suite in &mut request.suites[..2] {
        suite.snapshot = Some("http://snapshot.invalid/debian/".to_owned());
    }
    let lock = make_lock(&request, &NoProgress).unwrap();
    assert_eq!(lock.suites[0].mirrors, lock.suites[1].mirrors);
    assert_eq!(lock.suites[0].mirrors[1], "http://snapshot.invalid/debian/20260102T040405Z");
    assert_eq!(lock.suites[2].mirrors[1], "http://snapshot.invalid/security/20260103T030405Z");
}

#[test]
fn a_python_for_other_machines_comes_from_its_own_suite() {
    let on = |architecture: &'static str| {
        move |name: &str, version: &str| Package::new(name, version).architecture(architecture)
    };
    let (mut stable, mut security) = (stable(), security());
    stable = stable
        .package(Package::new("python3-minimal", "3.9.2-1").architecture("all").depends("python3.9-minimal"))
        .package(
            Package::new("app", "1.1-1")
                .architecture("all")
                .depends("python3-minimal")
                .file("usr/lib/python3/dist-packages/mod.py", 0o644, b"x = 1\n")
                .script("postinst", "#!/bin/sh\nset -e\nif [ \"$1\" = configure ]; then\n\tpy3compile -p app\nfi\n"),
        );
    stable = stable.package(on("arm64")("dash", "0.5-1"));
    for architecture in ["amd64", "arm64"] {
        let on = on(architecture);
        for name in ["python3.9-minimal", "libpython3.9-stdlib"] {
            stable = stable.package(on(name, "3.9.2-1"));
            security = security.package(on(name, "3.9.2-1+deb1"));
        }
    }
    let world = World::new(stable, security);
    let request = LockRequest { machines: vec![Architecture::Arm64], ..world.request(None) };
    let lock = make_lock(&request, &NoProgress).unwrap();
    let python = &lock.interpreters[&Architecture::Arm64].packages;
    assert!(python.iter().all(|package| package.suite.as_deref() == Some("stable-security")), "{python:?}");
    assert!(world.security.requests().iter().any(|request| request.path.ends_with("_arm64.deb")));
    assert_eq!(Lock::parse(&lock.to_text()).unwrap(), lock);
}

#[test]
fn a_dead_mirror_of_the_security_suite_stops_the_lock() {
    let world = World::new(stable(), security());
    world.security.on("*", When::Always, Fault::Status(503));
    let mut request = world.request(None);
    request.suites[1].mirrors.push("http://127.0.0.1:9/debian-security".to_owned());
    let error = make_lock(&request, &NoProgress).unwrap_err();
    assert!(matches!(&error, ArchiveError::NoIndex { suite, security: true, .. } if suite == "stable-security"));
    let text = error.to_string();
    assert!(text.starts_with("no mirror of the security suite `stable-security` gives its signed index"), "{text}");
    assert!(text.contains(&world.security.url()) && text.contains("http://127.0.0.1:9/debian-security"), "{text}");
    assert!(error.hint().is_some() && error.should_retry());
    assert!(sage_oci_files::list(world.folder.path().join("cache")).is_err(), "nothing was written");
}

#[test]
fn a_suite_is_believed_by_its_own_keys_alone() {
    // The usual key is believed, but for the other suite.
    let world = World::new(stable(), security().signed_by(Key::Usual));
    let error = world.lock(None).unwrap_err();
    assert!(matches!(&error, ArchiveError::OtherKey { suite, .. } if suite == "stable-security"), "{error}");
    let text = error.to_string();
    for part in [
        "suite `stable-security` is signed by F5B367ACE7188D9D08F556BC4B570A3E531770AD",
        "AB8F8C97BEF9C74BFD23C55D076C5075D12665F6 (Another Worthless Test Key",
        "/dists/stable-security/InRelease",
    ] {
        assert!(text.contains(part), "no `{part}` in: {text}");
    }
    assert!(error.hint().unwrap().contains("`keys`"));
}

#[test]
fn no_suite_goes_back_unless_told_to_and_the_lock_says_so() {
    let world = World::new(stable(), security());
    let first = world.lock(None).unwrap();
    // The same index once more.
    assert_eq!(world.lock(Some(&first)).unwrap(), first);
    world.publish("security", security().date(DATE + DAY - 1));
    let error = world.lock(Some(&first)).unwrap_err();
    assert!(matches!(&error, ArchiveError::Older { suite, .. } if suite == "stable-security"), "{error}");
    assert_eq!(
        error.to_string(),
        format!(
            "`{}/dists/stable-security/InRelease`, the index of suite `stable-security`, is of 2026-01-03T03:04:04Z, older than \
             the one of 2026-01-03T03:04:05Z in the lock that it would replace",
            world.security.url()
        )
    );
    assert!(error.hint().unwrap().contains("--allow-older"));
    assert!(world.lock(None).is_ok(), "there is nothing to go back from");

    let told = |previous| {
        let request = LockRequest { allow_older: true, ..world.request(Some(previous)) };
        make_lock(&request, &NoProgress).unwrap()
    };
    let older = told(&first);
    let mark = |lock: &Lock| lock.suites[1].older_than.clone();
    assert_eq!((mark(&older).as_deref(), older.suites[0].older_than.clone()), (Some("2026-01-03T03:04:05Z"), None));
    assert!(older.to_text().contains("\"older_than\":\"2026-01-03T03:04:05Z\""));
    assert_eq!(Lock::parse(&older.to_text()).unwrap(), older);
    // It stays older than what was there once, also where the same index is locked again.
    assert_eq!(mark(&world.lock(Some(&older)).unwrap()), mark(&older));
    world.publish("security", security().date(DATE + DAY));
    assert_eq!(mark(&world.lock(Some(&older)).unwrap()), None);
}

#[test]
fn a_survey_says_what_is_newer_and_mends_security() {
    let world = World::new(stable(), Suite::new("stable-security").signed_by(Key::Other).date(DATE));
    let lock = world.lock(None).unwrap();
    let newer = |lock: &Lock| {
        let survey = Survey::read(&world.request(Some(lock)), &NoProgress).unwrap();
        survey.newer(lock).into_iter().map(|n| (n.name.to_string(), n.to, n.suite, n.security)).collect::<Vec<_>>()
    };
    assert_eq!(newer(&lock), []);
    world.publish("security", security());
    world.publish(
        "stable",
        stable().date(DATE + 1).package(Package::new("app", "1.0-2").script("postinst", "#!/bin/sh\nodd\n")),
    );
    let said = [
        ("app".to_owned(), "1.0-2".to_owned(), "stable".to_owned(), false),
        ("lib".to_owned(), "1.2-1+deb1".to_owned(), "stable-security".to_owned(), true),
    ];
    assert_eq!(newer(&lock), said, "also where nobody has judged a new script");
    assert!(matches!(world.lock(Some(&lock)), Err(ArchiveError::Refused { .. })));
}
