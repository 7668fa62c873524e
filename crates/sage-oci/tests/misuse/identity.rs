//! An image is verified from nothing but itself and a checkout with its definition: its lock is found, and held to what it says.

use crate::world::{Said, World, app, suite};
use sage_oci_fake_registry::{FakeRegistry, Profile};
use sage_oci_fake_suite::Package;
use serde_json::Value;
use std::path::{Path, PathBuf};

const LOCK: &str = "org.sage-oci.lock";
const DEFINITION: &str = "org.sage-oci.definition";

/// A copy of the world's image as a layout that is its own, and a checkout whose lock has moved on.
struct Scene {
    world: World,
    layout: PathBuf,
}

impl Scene {
    fn new(purpose: &str) -> Self {
        let world = World::new(purpose, 1000).locked();
        let built = world.on_image("build", &[]).fine().to_owned();
        let layout = world.folder.path().join("layout");
        copy(Path::new(&built), &layout);
        // The archive has moved on as well, and keeps what it had.
        let newer = suite([app(&world.image, 1000), Package::new("more", "2")]).date(1_800_000_000);
        newer.write_to(world.folder.path().join("mirror")).unwrap();
        let scene = Self { world, layout };
        let before = scene.said(LOCK);
        scene.world.run(&["lock"]).fine();
        let moved = sage_oci_files::read(scene.world.lock_path()).unwrap();
        assert_ne!(sage_oci_image::digest_of(&moved).to_string(), before, "the lock has moved on");
        scene
    }

    fn verify(&self, more: &[&str]) -> Said {
        let layout = self.layout.display().to_string();
        self.world.run(&[&["verify", &layout, "--vary", "none"], more].concat())
    }

    fn blob(&self, digest: &str) -> PathBuf {
        self.layout.join("blobs").join(digest.replace(':', "/"))
    }

    fn json(&self, path: &Path) -> Value {
        serde_json::from_slice(&sage_oci_files::read(path).unwrap()).unwrap()
    }

    fn manifest(&self) -> (Value, Value) {
        let index = self.json(&self.layout.join("index.json"));
        assert_eq!(
            index["manifests"].as_array().unwrap().len(),
            1,
            "the lock is no entry: some programs take one image only"
        );
        let manifest = self.json(&self.blob(index["manifests"][0]["digest"].as_str().unwrap()));
        (index, manifest)
    }

    /// What the image says, which is the same in both places.
    fn said(&self, key: &str) -> String {
        let (_, manifest) = self.manifest();
        let config = self.json(&self.blob(manifest["config"]["digest"].as_str().unwrap()));
        assert_eq!(manifest["annotations"][key], config["config"]["Labels"][key]);
        manifest["annotations"][key].as_str().unwrap_or_default().to_owned()
    }

    /// Lets the image say something else, with digests that are right.
    fn say(&self, key: &str, value: Option<&str>) {
        let (mut index, mut manifest) = self.manifest();
        let mut config = self.json(&self.blob(manifest["config"]["digest"].as_str().unwrap()));
        for said in [&mut manifest["annotations"], &mut config["config"]["Labels"]] {
            let said = said.as_object_mut().unwrap();
            match value {
                Some(value) => drop(said.insert(key.to_owned(), value.into())),
                None => drop(said.remove(key)),
            }
        }
        self.put(&mut manifest["config"], &config);
        self.put(&mut index["manifests"][0], &manifest);
        sage_oci_files::write_atomic(self.layout.join("index.json"), index.to_string().as_bytes()).unwrap();
    }

    fn put(&self, descriptor: &mut Value, document: &Value) {
        let bytes = document.to_string().into_bytes();
        let digest = sage_oci_image::digest_of(&bytes).to_string();
        sage_oci_files::write_atomic(self.blob(&digest), &bytes).unwrap();
        descriptor["digest"] = digest.into();
        descriptor["size"] = bytes.len().into();
    }
}

/// Copies a layout, with what its links lead to.
fn copy(from: &Path, to: &Path) {
    sage_oci_files::create_dir_all(to.join("blobs/sha256")).unwrap();
    for name in ["oci-layout", "index.json"] {
        sage_oci_files::write_atomic(to.join(name), &sage_oci_files::read(from.join(name)).unwrap()).unwrap();
    }
    for blob in sage_oci_files::list(from.join("blobs/sha256")).unwrap() {
        let bytes = sage_oci_files::read(&blob).unwrap();
        sage_oci_files::write_atomic(to.join("blobs/sha256").join(blob.file_name().unwrap()), &bytes).unwrap();
    }
}

#[test]
fn the_lock_lies_beside_the_image_where_the_checkout_has_another() {
    let scene = Scene::new("beside");
    let said = scene.verify(&[]);
    let text = said.fine();
    assert!(text.contains("same bytes"), "{text}");
    assert!(text.contains("nobody but the image says"), "{text}");
    assert!(text.contains(&format!("lock: {} (what lies beside the image)", scene.said(LOCK))), "{text}");
    let json: Value = serde_json::from_str(scene.verify(&["--json"]).fine()).unwrap();
    assert_eq!(json["lock"]["digest"], scene.said(LOCK));
    assert_eq!(json["lock"]["is_the_images_own"], true);
}

#[test]
fn the_lock_is_one_of_the_checkout_s_history() {
    let scene = Scene::new("history");
    let lock = scene.blob(&scene.said(LOCK));
    let now = sage_oci_files::read(scene.world.lock_path()).unwrap();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@localhost"];
        let project = scene.world.project();
        let done =
            std::process::Command::new("git").args(identity).args(arguments).current_dir(project).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "-q"]);
    for text in [sage_oci_files::read(&lock).unwrap(), now] {
        sage_oci_files::write_atomic(scene.world.lock_path(), &text).unwrap();
        git(&["add", "-A"]);
        git(&["commit", "-qm", "x"]);
    }
    sage_oci_files::remove_file(&lock).unwrap();
    let said = scene.verify(&[]);
    let text = said.fine();
    assert!(text.contains("same bytes") && text.contains("(nix/locks/tiny.json of commit "), "{text}");
    assert!(!text.contains("nobody but the image"), "{text}");
}

#[test]
fn a_lock_that_is_not_the_image_s_is_named_with_where_it_was_looked_for() {
    let scene = Scene::new("other-lock");
    let digest = scene.said(LOCK);
    let checkout = scene.world.lock_path();
    let there = sage_oci_image::digest_of(&sage_oci_files::read(&checkout).unwrap()).to_string();
    let given = checkout.display().to_string();
    scene.verify(&["--lock", &given]).refused_with_hint(
        &["inconclusive", &format!("the lock {digest}, which is not here"), &format!("{given} is {there}")],
        "leave `--lock` out",
    );
    // The right one, wherever it lies.
    let other = scene.world.folder.path().join("other.json");
    sage_oci_files::write_atomic(&other, &sage_oci_files::read(scene.blob(&digest)).unwrap()).unwrap();
    assert!(scene.verify(&["--lock", &other.display().to_string()]).fine().contains("same bytes"));
    // A wrong one under that digest.
    sage_oci_files::write_atomic(scene.blob(&digest), b"{}\n").unwrap();
    scene.verify(&[]).refused_with_hint(
        &["inconclusive", &digest, &format!("{given} is {there}"), "beside the image: blob "],
        "--lock FILE",
    );
    sage_oci_files::remove_file(scene.blob(&digest)).unwrap();
    scene.verify(&[]).refused_with_hint(&["inconclusive", &digest, "none lies beside the image"], "--lock FILE");
}

#[test]
fn an_image_of_another_definition_is_not_told_to_be_another_image() {
    let scene = Scene::new("definition");
    let of = scene.said(DEFINITION);
    // What does not decide the image does not count.
    let definition = scene.world.definition();
    scene.world.write("images/tiny.toml", &format!("# A comment.\n{}", definition.replace("\"latest\"", "\"newest\"")));
    scene.world.write("images/other.toml", &definition.replace(&scene.world.image, "another"));
    assert!(scene.verify(&[]).fine().contains("same bytes"));
    scene.world.write("images/tiny.toml", &definition.replace("\"echo\", \"hello\"", "\"echo\", \"goodbye\""));
    let said = scene.verify(&[]);
    said.refused_with_hint(
        &["inconclusive", &format!("of the definition {of}, and that of this checkout is sha256:")],
        "git log -- nix/images",
    );
    let json = scene.verify(&["--json"]);
    assert_eq!(json.status, Some(2));
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["verdict"], "inconclusive", "{json}");
}

#[test]
fn what_this_program_cannot_know_is_said() {
    let scene = Scene::new("formats");
    scene.say("org.sage-oci.format", Some("99"));
    scene
        .verify(&[])
        .refused_with_hint(&["inconclusive", "has format 99, this program knows formats up to 2"], "later sage-oci");
    scene.say("org.sage-oci.format", Some("2"));
    // The lock says it, too, whatever the image does.
    let text = sage_oci_files::read_to_string(scene.blob(&scene.said(LOCK))).unwrap();
    let newer = text.replacen("\"format\": 2", "\"format\": 99", 1);
    assert_ne!(newer, text);
    let digest = sage_oci_image::digest_of(newer.as_bytes()).to_string();
    sage_oci_files::write_atomic(scene.blob(&digest), newer.as_bytes()).unwrap();
    scene.say(LOCK, Some(&digest));
    scene.verify(&[]).refused(&["inconclusive", "the lock has format 99", "beside the image"]);
    // From before images said it.
    scene.say(LOCK, None);
    scene
        .verify(&[])
        .refused_with_hint(&["inconclusive", "does not say of which lock", "tiny 20"], "sage-oci of that time");
    scene.say(LOCK, Some("sha256:1"));
    scene.verify(&[]).refused(&["inconclusive", LOCK]);
}

#[test]
fn in_a_registry_the_lock_lies_beside_the_image() {
    let scene = Scene::new("registry");
    let (world, fake) = (&scene.world, FakeRegistry::start(Profile::distribution3()));
    let repository = format!("{}/me/tiny", fake.host());
    let layout = scene.layout.display().to_string();
    let push = || world.run(&["push", &layout, &repository]);
    let pushed = push();
    let name = pushed.fine().to_owned();
    assert!(pushed.stderr.contains(&format!("the lock {}", scene.said(LOCK))), "{}", pushed.stderr);
    let before = fake.manifests("me/tiny");
    assert_eq!(push().fine(), name);
    assert_eq!(fake.manifests("me/tiny"), before, "once more it is the same");
    let said = world.run(&["verify", &name, "--vary", "none"]);
    let text = said.fine();
    assert!(text.contains("same bytes") && text.contains("(what lies beside the image)"), "{text}");
    // Its lock is taken along from one repository to the next.
    let second = format!("{}/you/tiny", fake.host());
    let copied = world.run(&["push", &name, &second]);
    copied.fine();
    assert!(fake.has_blob("you/tiny", &scene.said(LOCK)));
}
