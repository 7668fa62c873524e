//! Locks of tiny suites: what comes out, and what is refused.

mod machines;

use sage_oci_archive::{ArchiveError, ImageRequest, LeftOut, LockRequest, NoProgress, SuiteRequest, make_lock};
use sage_oci_census::Census;
use sage_oci_effects::Effect;
use sage_oci_fake_mirror::{Fault, Mirror, When};
use sage_oci_fake_suite::{DATE, Key, Package, Suite};
use sage_oci_hint::Hint as _;
use sage_oci_lock::{Lock, LockedPackage, Reason};
use sage_oci_names::{Architecture, ChannelName, ImageName, PackageName, SourceName};
use sage_oci_signature::Keyring;
use std::path::Path;
use std::time::Duration;

fn name(text: &str) -> PackageName {
    PackageName::parse(text).unwrap()
}

/// A mirror, a cache and what is asked of them.
struct World {
    folder: tempfile::TempDir,
    mirror: Mirror,
    census: Census,
}

fn keyring(key: Key) -> Keyring {
    Keyring::from_armored(&[("test", key.armored())]).unwrap()
}

impl World {
    fn new(suite: Suite) -> Self {
        let folder = tempfile::tempdir().unwrap();
        suite.write_to(folder.path().join("mirror")).unwrap();
        Self { mirror: Mirror::serve(folder.path().join("mirror")).unwrap(), folder, census: Census::default() }
    }

    fn request(&self) -> LockRequest<'_> {
        LockRequest {
            channel: ChannelName::parse("tiny").unwrap(),
            suites: vec![SuiteRequest {
                snapshot: Some("http://snapshot.invalid/debian".to_owned()),
                ..suite_request("tiny", &self.mirror)
            }],
            architecture: Architecture::Amd64,
            machines: Vec::new(),
            compilers: Vec::new(),
            images: vec![image("app-image", &["app"])],
            census: &self.census,
            previous: None,
            accept_expired: false,
            allow_older: false,
            now: DATE + 3600,
            cache: self.folder.path().join("cache"),
            fetch: sage_oci_fetch::Options { attempts: 1, first_pause: Duration::from_millis(1), ..Default::default() },
        }
    }

    fn lock(&self) -> Result<Lock, ArchiveError> {
        make_lock(&self.request(), &NoProgress)
    }

    /// Changes a served file.
    fn spoil(&self, below: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.folder.path().join("mirror").join(below);
        let mut bytes = sage_oci_files::read(&path).unwrap();
        change(&mut bytes);
        sage_oci_files::write_atomic(&path, &bytes).unwrap();
    }
}

fn suite_request(suite: &str, mirror: &Mirror) -> SuiteRequest {
    SuiteRequest {
        suite: suite.to_owned(),
        components: vec!["main".to_owned()],
        mirrors: vec![mirror.url()],
        snapshot: None,
        keyring: keyring(Key::Usual),
        security: false,
    }
}

fn image(text: &str, wanted: &[&str]) -> ImageRequest {
    ImageRequest {
        extends: None,
        brought_back: Vec::new(),
        sources: Vec::new(),
        name: ImageName::parse(text).unwrap(),
        version_of: name("app"),
        wanted: wanted.iter().map(|text| name(text)).collect(),
        left_out: vec![LeftOut {
            names: vec!["*-doc".to_owned()],
            except: vec!["kept-doc".to_owned()],
            reason: "it is on the web".to_owned(),
        }],
        payload: vec![SourceName::parse("app").unwrap()],
    }
}

fn suite() -> Suite {
    Suite::new("tiny")
        .package(
            Package::new("app", "1:2.0+dfsg-3")
                .depends("lib (>= 1), app-doc, manual, kept-doc, python3-mod")
                .file("usr/bin/app", 0o755, b"#!/bin/sh\n")
                .script("postinst", "#!/bin/sh\nset -e\n"),
        )
        .package(Package::new("lib", "1.2-1").source("libsource").file("usr/lib/lib.so.1", 0o644, b"elf"))
        .package(Package::new("app-doc", "1:2.0+dfsg-3").depends("viewer").provides("manual (= 2)").file(
            "usr/share/doc/app/a",
            0o644,
            b"",
        ))
        .package(Package::new("kept-doc", "1-1").file("usr/share/doc/kept/a", 0o644, b""))
        .package(Package::new("viewer", "1-1"))
        .package(Package::new("python3-mod", "3-1").architecture("all").file(
            "usr/lib/python3/dist-packages/mod.py",
            0o644,
            b"x = 1\n",
        ))
        .package(Package::new("dash", "0.5-1").essential().depends("lib").file("usr/bin/sh", 0o755, b""))
}

fn package<'l>(lock: &'l Lock, wanted: &str) -> &'l LockedPackage {
    lock.packages.iter().find(|package| package.name.as_str() == wanted).unwrap()
}

#[test]
fn a_lock_pins_everything_and_round_trips() {
    let world = World::new(suite().by_hash());
    let lock = world.lock().unwrap();
    let names: Vec<&str> = lock.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, ["app", "dash", "kept-doc", "lib", "python3-mod"]);
    assert_eq!(lock.omitted[0].name, name("app-doc"));
    assert_eq!(
        (lock.omitted[0].reason.as_str(), &lock.omitted[0].wanted_by[..]),
        ("it is on the web", &[name("app")][..])
    );
    assert_eq!(lock.omitted[0].provides[&name("manual")].as_ref().unwrap().as_str(), "2");
    assert_eq!(package(&lock, "app").reason, Reason::Wanted);
    assert_eq!(package(&lock, "dash").reason, Reason::Essential);
    assert_eq!(package(&lock, "kept-doc").reason, Reason::RequiredBy(name("app")));
    assert_eq!(package(&lock, "lib").source.as_str(), "libsource");
    assert!(package(&lock, "app").scripts.contains_key("postinst"));
    // What Essential packages need lies at the bottom, the payload on top.
    assert_eq!(package(&lock, "lib").layer.as_str(), "base");
    assert_eq!(lock.layers.last().unwrap().name.as_str(), "app");
    let plan = &lock.images[&ImageName::parse("app-image").unwrap()];
    assert_eq!((plan.version.as_str(), plan.layers.len()), ("2.0", lock.layers.len()));
    assert_eq!(lock.epoch, DATE as u64);
    let stamp = snapshot_stamp(DATE);
    assert_eq!(lock.suites[0].mirrors, [world.mirror.url(), format!("http://snapshot.invalid/debian/{stamp}")]);
    assert!(!lock.suites[0].expired);
    assert_eq!(Lock::parse(&lock.to_text()).unwrap(), lock);
}

/// `date --utc` knows how to write the time without our code.
fn snapshot_stamp(seconds: i64) -> String {
    let output = std::process::Command::new("date")
        .args(["--utc", &format!("--date=@{seconds}"), "+%Y%m%dT%H%M%SZ"])
        .output()
        .expect("date must be installed");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_same_archive_gives_the_same_lock_and_a_second_one_fetches_no_package() {
    let world = World::new(suite());
    let first = world.lock().unwrap().to_text();
    world.mirror.on("/pool/*", When::Always, Fault::Status(500));
    assert_eq!(world.lock().unwrap().to_text(), first);
    // From an empty cache as well.
    let other = World::new(suite());
    let text = other.lock().unwrap().to_text();
    assert_eq!(text.replace(&other.mirror.url(), ""), first.replace(&world.mirror.url(), ""));
}

#[test]
fn the_fetch_group_is_what_nix_hashes() {
    let world = World::new(suite());
    let lock = world.lock().unwrap();
    for layer in &lock.layers {
        let folder = world.folder.path().join("groups").join(layer.name.as_str());
        sage_oci_files::create_dir_all(&folder).unwrap();
        for package in lock.packages.iter().filter(|package| package.layer == layer.name) {
            let archive = world.folder.path().join("cache/debs").join(format!("{}.deb", package.sha256));
            let bytes = sage_oci_files::read(archive).unwrap();
            sage_oci_files::write_atomic(folder.join(package.file_name()), &bytes).unwrap();
        }
        assert_eq!(nix_hash(&folder), layer.fetch.nar_sha256.hex());
    }
}

fn nix_hash(folder: &Path) -> String {
    let output = std::process::Command::new("nix-hash")
        .args(["--type", "sha256"])
        .arg(folder)
        .output()
        .expect("nix-hash must be installed to compare with it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn layers_stay_where_they_were() {
    let world = World::new(suite());
    let first = world.lock().unwrap();
    let more = World::new(suite().package(Package::new("extra", "1-1").file("usr/share/extra", 0o644, b"")));
    let mut request = more.request();
    request.previous = Some(&first);
    request.images = vec![image("app-image", &["app", "extra"])];
    let second = make_lock(&request, &NoProgress).unwrap();
    for old in &first.packages {
        assert_eq!(package(&second, old.name.as_str()).layer, old.layer);
    }
    assert_eq!(package(&second, "extra").layer.as_str(), "newcomers");
    assert_eq!(second.diff(&first).added.len(), 1);
}

#[test]
fn a_wider_image_begins_with_the_narrower_ones_layers() {
    let world = World::new(suite().package(Package::new("gcc", "1-1").depends("lib")));
    let mut request = world.request();
    request.images.push(image("app-dev", &["app", "gcc"]));
    let lock = make_lock(&request, &NoProgress).unwrap();
    let layers = |image: &str| lock.images[&ImageName::parse(image).unwrap()].layers.clone();
    let (narrow, wide) = (layers("app-image"), layers("app-dev"));
    assert_eq!(wide[..narrow.len()], narrow[..]);
    assert!(wide.len() > narrow.len() && wide.last() == Some(&package(&lock, "gcc").layer));
}

#[test]
fn an_expired_index_is_refused_unless_told_to() {
    let world = World::new(suite().valid_until(DATE + 60));
    let error = world.lock().unwrap_err();
    assert!(matches!(&error, ArchiveError::Expired { suite, .. } if suite == "tiny"), "{error}");
    assert!(error.hint().unwrap().contains("--accept-expired"));
    let mut request = world.request();
    request.accept_expired = true;
    let lock = make_lock(&request, &NoProgress).unwrap();
    assert!(lock.suites[0].expired && lock.to_text().contains("\"expired\":true"));
}

#[test]
fn changed_signed_text_is_refused() {
    let world = World::new(suite());
    world.spoil("dists/tiny/InRelease", |bytes| {
        let text = String::from_utf8(std::mem::take(bytes)).unwrap();
        *bytes = text.replacen("Codename: tiny", "Codename: evil", 1).into_bytes();
    });
    let error = world.lock().unwrap_err();
    assert!(matches!(&error, ArchiveError::Signature { url, .. } if url.ends_with("/dists/tiny/InRelease")), "{error}");
}

#[test]
fn another_suites_index_is_refused() {
    let world = World::new(suite());
    let other = Suite::new("other").package(Package::new("app", "0.1-1")).files();
    world.spoil("dists/tiny/InRelease", |bytes| bytes.clone_from(&other["dists/other/InRelease"]));
    assert_eq!(
        world.lock().unwrap_err().to_string(),
        format!(
            "`{}/dists/tiny/InRelease` is the index of suite `other`, not of `tiny`",
            world.mirror.url().trim_end_matches('/')
        )
    );
}

#[test]
fn tampered_packages_and_archives_are_refused() {
    let world = World::new(suite());
    world.spoil("dists/tiny/main/binary-amd64/Packages.xz", |bytes| bytes[20] ^= 1);
    let error = world.lock().unwrap_err().to_string();
    assert!(error.contains("Packages.xz") && error.contains("digest"), "{error}");

    let world = World::new(suite());
    let path = world.lock().unwrap().packages[0].path.clone();
    let world = World::new(suite());
    world.spoil(&path, |bytes| bytes[70] ^= 1);
    let error = world.lock().unwrap_err().to_string();
    assert!(error.contains(&path) && error.contains("digest"), "{error}");
    assert!(sage_oci_files::list(world.folder.path().join("cache/scans")).is_err(), "nothing was looked into");
}

#[test]
fn an_absent_suite_component_or_archive_is_named() {
    let world = World::new(suite());
    let mut request = world.request();
    request.suites[0].suite = "gone".to_owned();
    let error = make_lock(&request, &NoProgress).unwrap_err().to_string();
    assert!(error.contains("dists/gone/InRelease") && error.contains("404"), "{error}");
    request.suites[0].suite = "tiny".to_owned();
    request.suites[0].components = vec!["contrib".to_owned()];
    let error = make_lock(&request, &NoProgress).unwrap_err();
    assert_eq!(error.to_string(), "suite `tiny` has no package index `contrib/binary-amd64/Packages.xz`");
    assert!(error.hint().unwrap().contains("main"));
    let path = world.lock().unwrap().packages[0].path.clone();
    let world = World::new(suite());
    world.mirror.on(&format!("/{path}"), When::Always, Fault::Status(404));
    let mut request = world.request();
    request.suites[0].snapshot = None;
    let error = make_lock(&request, &NoProgress).unwrap_err().to_string();
    assert!(error.contains(&path) && error.contains("404"), "{error}");
}

#[test]
fn unknown_and_quarrelling_packages() {
    let world = World::new(suite().package(Package::new("rival", "1-1").conflicts("lib")));
    let mut request = world.request();
    request.images = vec![image("app-image", &["ap"])];
    let error = make_lock(&request, &NoProgress).unwrap_err();
    assert_eq!(error.to_string(), "image `app-image`: there is no package `ap` in the index");
    assert!(error.hint().unwrap().contains("`app`"));
    request.images = vec![image("app-image", &["app", "rival"])];
    let error = make_lock(&request, &NoProgress).unwrap_err().to_string();
    assert!(error.contains("lib 1.2-1 and rival 1-1 exclude each other"), "{error}");
}

#[test]
fn overlaps_need_replaces_or_a_diversion() {
    let other = |replaces: &str| {
        let other = Package::new("other", "2-1").file("bin/app", 0o755, b"mine");
        World::new(suite().package(if replaces.is_empty() { other } else { other.replaces(replaces) }))
    };
    let lock = |world: &World| {
        let mut request = world.request();
        request.images = vec![image("app-image", &["app", "other"])];
        make_lock(&request, &NoProgress)
    };
    let error = lock(&other("")).unwrap_err().to_string();
    assert!(error.contains("app: app and other"), "{error}");
    let world = other("app (<< 1:3)");
    let lock = lock(&world).unwrap();
    assert_eq!(package(&lock, "app").replaced["usr/bin/app"], name("other"));
    assert!(package(&lock, "other").replaced.is_empty());
}

#[test]
fn all_unknown_scripts_are_refused_together_with_their_texts() {
    let strange = |package: Package| package.script("postinst", "#!/bin/sh\nfrobnicate --all\n");
    let suite = Suite::new("tiny")
        .package(strange(Package::new("app", "1-1").depends("lib")))
        .package(strange(Package::new("lib", "1-1")));
    let world = World::new(suite);
    let error = world.lock().unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("2 maintainer scripts are not accounted for"), "{message}");
    assert_eq!(message.matches("| frobnicate --all").count(), 2, "{message}");
    assert!(error.hint().unwrap().contains("[[script]]"));
}

#[test]
fn effects_come_in_configuration_order() {
    let strange = |package: Package| package.script("postinst", "#!/bin/sh\nfrobnicate --all\n");
    let suite = Suite::new("tiny")
        .package(strange(Package::new("app", "1-1").depends("zz")))
        .package(strange(Package::new("zz", "1-1")));
    let mut world = World::new(suite);
    let ArchiveError::Refused { refusals } = world.lock().unwrap_err() else { panic!("nobody has judged the scripts") };
    let entry = |package: &str, effects: &str| {
        format!(
            "[[script]]\npackage = \"{package}\"\nscript = \"postinst\"\nsha256 = [\"{}\"]\nbecause = \"it says so\"\n\
             effects = [{effects}]\n",
            refusals[0].sha256
        )
    };
    // The second effect concerns a package that is not there.
    let zz = "{ kind = \"shell\", path = \"/bin/zz\" }, { package = \"absent\", kind = \"shell\", path = \"/bin/no\" }";
    let text = entry("app", "{ kind = \"shell\", path = \"/bin/app\" }") + &entry("zz", zz);
    world.census = Census::parse([("test.toml", text.as_str())]).unwrap();
    let paths: Vec<String> = world
        .lock()
        .unwrap()
        .effects
        .into_iter()
        .map(|effect| match effect.effect {
            Effect::Shell { path } => path,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(paths, ["/bin/zz", "/bin/app"]);
}

/// An image above `app-image`, which wants a package of its own and one that the other leaves out.
fn dev(wanted: &[&str]) -> ImageRequest {
    let mut dev = image("app-image-dev", wanted);
    (dev.extends, dev.left_out) = (Some(ImageName::parse("app-image").unwrap()), Vec::new());
    dev.payload.clear();
    dev
}

fn dev_suite() -> Suite {
    suite()
        .package(Package::new("aaa-tool", "1-1").depends("lib, app-doc").file("usr/bin/tool", 0o755, b""))
        .package(Package::new("thief", "1-1").replaces("app").file("usr/bin/app", 0o755, b"other"))
}

#[test]
fn an_image_above_another_changes_nothing_in_it() {
    let world = World::new(dev_suite());
    let alone = world.lock().unwrap();
    let mut request = world.request();
    request.images.insert(0, dev(&["aaa-tool", "app-doc"]));
    let both = make_lock(&request, &NoProgress).unwrap();
    let (base, above) = (ImageName::parse("app-image").unwrap(), ImageName::parse("app-image-dev").unwrap());
    assert_eq!(both.view(&base).unwrap(), alone);
    let view = both.view(&above).unwrap();
    assert!(view.omitted.is_empty(), "{:?}", view.omitted);
    let plan = &both.images[&above];
    assert!(plan.layers.iter().all(|layer| layer.as_str().starts_with("dev-")), "{:?}", plan.layers);
    let own: Vec<&str> =
        both.packages.iter().filter(|p| plan.layers.contains(&p.layer)).map(|p| p.name.as_str()).collect();
    // What the documentation depends on comes with it.
    assert_eq!(own, ["aaa-tool", "app-doc", "viewer"]);
    // A plan that exists stays.
    request.previous = Some(&both);
    assert_eq!(make_lock(&request, &NoProgress).unwrap(), both);
}

#[test]
fn what_the_lower_image_leaves_out_stays_out_unless_it_is_brought_back() {
    let world = World::new(dev_suite());
    let mut request = world.request();
    request.images.push(dev(&["aaa-tool"]));
    let above = ImageName::parse("app-image-dev").unwrap();
    let lock = make_lock(&request, &NoProgress).unwrap();
    assert_eq!(lock.view(&above).unwrap().omitted.len(), 1);
    request.images[1].brought_back = vec!["*-doc".to_owned()];
    let lock = make_lock(&request, &NoProgress).unwrap();
    assert!(lock.view(&above).unwrap().omitted.is_empty());
    assert_eq!(lock.view(&request.images[0].name).unwrap().omitted.len(), 1);
}

#[test]
fn an_image_that_would_change_the_one_below_is_refused() {
    let world = World::new(dev_suite());
    let mut request = world.request();
    request.images.push(dev(&["thief"]));
    let error = make_lock(&request, &NoProgress).unwrap_err();
    assert!(matches!(&error, ArchiveError::ChangesBase { .. }), "{error}");
    assert!(error.to_string().contains("usr/bin/app: app and thief") && error.hint().is_some(), "{error}");
}
