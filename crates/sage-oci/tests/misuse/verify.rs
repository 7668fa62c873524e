//! `verify` of what is not whole, not there, or not to be had: it says why, as a report too, and leaves nothing.

use crate::world::{Said, World, names};
use sage_oci_fake_mirror::{Fault as MirrorFault, Mirror, When as MirrorWhen};
use sage_oci_fake_registry::{FakeRegistry, Fault, Profile, When};
use sage_oci_image::{ConfigSettings, Image, ImageInput, OCI_LAYOUT, assemble, assemble_index, blob_path, digest_of};
use sage_oci_layout::LayoutDir;
use sage_oci_names::Architecture;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// An image that was built and taken elsewhere.
struct Published {
    world: World,
    layout: PathBuf,
    image: Image,
}

impl Published {
    fn of(world: World) -> Self {
        let built = PathBuf::from(world.on_image("build", &[]).fine());
        let layout = world.folder.path().join("published");
        copy(&built, &layout);
        sage_oci_files::create_dir_all(world.folder.path().join("work")).unwrap();
        let image = Image::open(&LayoutDir::open(&layout).unwrap(), host()).unwrap();
        Self { world, layout, image }
    }

    fn work(&self) -> PathBuf {
        self.world.folder.path().join("work")
    }

    /// Plainly: what is varied is no matter of these tests.
    fn verify(&self, subject: &str, more: &[&str]) -> Said {
        let work = self.work().display().to_string();
        let said = self.world.run(&[&["verify", subject, "--vary", "none", "--work", &work], more].concat());
        assert_eq!(names(&self.work()), Vec::<String>::new(), "{}", said.stderr);
        said
    }

    fn place(&self) -> String {
        self.layout.display().to_string()
    }

    /// It could not be told, which is said for people and for programs.
    #[track_caller]
    fn inconclusive(&self, subject: &str, texts: &[&str]) {
        self.verify(subject, &[]).refused(&[&["inconclusive: "], texts].concat());
        let said = self.verify(subject, &["--json"]);
        assert_eq!(said.status, Some(2), "{}", said.stderr);
        let report: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!((&report["format"], report["verdict"].as_str()), (&1.into(), Some("inconclusive")));
        for text in texts {
            assert!(report["why"].as_str().unwrap().contains(text), "no `{text}` in {report}");
        }
        assert_eq!(report["layers"], serde_json::json!([]));
    }

    /// Puts other bytes, or nothing, in place of a file of the layout for a while.
    fn with(&self, below: &str, bytes: Option<&[u8]>, during: impl FnOnce()) {
        let path = self.layout.join(below);
        let before = sage_oci_files::read(&path).unwrap();
        match bytes {
            Some(bytes) => sage_oci_files::write_atomic(&path, bytes).unwrap(),
            None => sage_oci_files::remove_file(&path).unwrap(),
        }
        during();
        sage_oci_files::write_atomic(&path, &before).unwrap();
    }
}

fn host() -> Architecture {
    Architecture::host().unwrap()
}

/// A folder of the store, to be written to.
fn copy(from: &Path, to: &Path) {
    let real = sage_oci_files::real_path(from).unwrap();
    let copied = std::process::Command::new("cp").args(["-rL", "--no-preserve=all"]).arg(real).arg(to).status();
    assert!(copied.unwrap().success());
}

#[test]
fn a_layer_that_the_image_does_not_have_is_no_verdict() {
    let published = Published::of(World::new("verify-layer", 1000).locked());
    assert!(published.verify(&published.place(), &[]).fine().contains("same bytes"));
    for more in [&["--layer", "nowhere"][..], &["--layer", "nowhere", "--json"]] {
        let said = published.verify(&published.place(), more);
        said.refused_with_hint(&["`--layer nowhere`: the image has no such layer"], "there are ");
        assert!(!said.stderr.contains("inconclusive"), "{}", said.stderr);
    }
    let layer = published.image.layers[0].name.clone().unwrap();
    assert!(published.verify(&published.place(), &["--layer", &layer]).fine().contains("layers: 1 of 1"));
}

#[test]
fn a_layout_that_is_cut_or_lacks_something() {
    let published = Published::of(World::new("verify-cut", 1000).locked());
    let (place, layer) = (published.place(), published.image.layers[0].descriptor.digest);
    let blob = sage_oci_files::read(published.layout.join(blob_path(&layer))).unwrap();
    let index = sage_oci_files::read(published.layout.join("index.json")).unwrap();
    published.with("index.json", Some(&index[..index.len() / 2]), || {
        published.inconclusive(&place, &["the index is not valid"]);
    });
    published.with("index.json", None, || published.inconclusive(&place, &["index"]));
    published.with(OCI_LAYOUT, None, || published.inconclusive(&place, &[OCI_LAYOUT]));
    let config = published.image.manifest.config.digest;
    published.with(&blob_path(&config), None, || published.inconclusive(&place, &[&config.to_string(), "not here"]));
    let cut = &blob[..blob.len() / 2];
    published.with(&blob_path(&layer), Some(cut), || {
        published.inconclusive(&place, &[&layer.to_string(), &format!("has {} bytes", cut.len())]);
    });
    published.with(&blob_path(&layer), None, || published.inconclusive(&place, &[&layer.to_string(), "not here"]));
    assert!(published.verify(&place, &[]).fine().contains("same bytes"));
}

#[test]
fn of_several_architectures_one_is_chosen() {
    let published = Published::of(World::new("verify-arch", 1000).locked());
    let place = published.place();
    let write = |path: &str, bytes: &[u8]| sage_oci_files::write_atomic(published.layout.join(path), bytes).unwrap();
    let own = published.image.descriptor.clone();
    let index_of = |members| {
        let made = assemble_index(members, BTreeMap::new()).unwrap();
        write(&blob_path(&made.descriptor.digest), &made.image_index);
        write("index.json", &made.layout_index);
    };
    // An index with one image needs no choice.
    index_of(vec![own.clone()]);
    assert!(published.verify(&place, &[]).fine().contains("same bytes"));

    let foreign = if host() == Architecture::Amd64 { Architecture::Arm64 } else { Architecture::Amd64 };
    let layers = published.image.layers.iter().map(|layer| sage_oci_image::LayerRef {
        name: layer.name.as_deref().unwrap().parse().unwrap(),
        diff_id: layer.diff_id,
        blob: layer.descriptor.digest,
        size: layer.descriptor.size,
        media_type: layer.layer_type,
    });
    let (layers, config) = (layers.collect(), ConfigSettings::default());
    let input =
        ImageInput { architecture: foreign, epoch: 0, layers, config, annotations: BTreeMap::new(), below: None };
    let other = assemble(&input).unwrap();
    for document in [&other.config, &other.manifest] {
        write(&blob_path(&digest_of(document)), document);
    }
    index_of(vec![own, other.descriptor]);
    let [first, second] = [Architecture::Amd64, Architecture::Arm64].map(|one| format!("linux/{}", one.debian()));
    published.inconclusive(&place, &["it has several images", &first, &second]);
    published.verify(&place, &[]).refused_with_hint(&["several images"], "`--arch`");
    assert!(published.verify(&place, &["--arch", host().debian()]).fine().contains("same bytes"));
    for several in ["all", "amd64,arm64"] {
        let said = published.verify(&place, &["--arch", several, "--json"]);
        said.refused_with_hint(&["a verdict is on the image of one architecture"], "once for each");
    }
}

#[test]
fn a_registry_that_changes_its_mind_or_dies() {
    let published = Published::of(World::new("verify-registry", 1000).locked());
    let (fake, path) = (FakeRegistry::start(Profile::plain()), "r/tiny");
    let image = &published.image;
    let layer = image.layers[0].descriptor.digest.to_string();
    for digest in image.layers.iter().map(|layer| layer.descriptor.digest).chain([image.manifest.config.digest]) {
        fake.put_blob(path, &sage_oci_files::read(published.layout.join(blob_path(&digest))).unwrap());
    }
    let (digest, media_type) = (image.descriptor.digest.to_string(), image.descriptor.media_type.to_string());
    fake.put_manifest(path, "latest", &media_type, &image.manifest_bytes);
    let name = format!("{}/{path}@{digest}", fake.host());

    // The tag goes elsewhere meanwhile; what is verified has a digest, and needs no tag.
    let elsewhere = fake.put_manifest(path, "other", &media_type, b"{}");
    let moves = Fault::MovesTag { repository: path.to_owned(), tag: "latest".to_owned(), digest: elsewhere.clone() };
    fake.inject(moves, When::on("GET", "*/manifests/*"));
    assert!(published.verify(&name, &[]).fine().contains(&format!("same bytes {digest}")));
    assert_eq!(fake.tags(path)["latest"], elsewhere);

    fake.behave();
    fake.inject(Fault::WrongBytes, When::on("GET", "*/manifests/*"));
    published.inconclusive(&name, &[&digest]);

    // It dies in the middle of a layer.
    fake.behave();
    let blob = format!("*/blobs/{layer}");
    fake.inject(Fault::CutAnswer(50), When::on("GET", &blob).first(1));
    fake.inject(Fault::Reset, When::on("GET", &blob).from(2));
    published.verify(&name, &[]).refused(&["inconclusive: ", &layer, &fake.host()]);
    let said = published.verify(&name, &["--json"]);
    assert_eq!(said.status, Some(2));
    assert!(said.stdout.contains("\"inconclusive\"") && said.stdout.contains(&layer), "{}", said.stdout);

    fake.behave();
    fake.inject(Fault::Status(404), When::on("GET", "*/manifests/*"));
    published.inconclusive(&name, &[&digest]);
}

#[test]
fn an_archive_that_no_mirror_has() {
    let world = World::new("verify-mirrors", 1000);
    let second = Mirror::serve(world.folder.path().join("mirror")).unwrap();
    let both = format!("\"{}\", \"{}\"", world.mirror.url(), second.url());
    world.write("channels/tiny.toml", &world.channel().replace(&format!("\"{}\"", world.mirror.url()), &both));
    let published = Published::of(world.locked());
    sage_oci_files::remove_dir_all(published.world.cache()).unwrap();
    let archive = "pool/main/a/app/app_1.0-1_";
    for mirror in [&published.world.mirror, &second] {
        mirror.on("/pool/*app*", MirrorWhen::Always, MirrorFault::Status(404));
    }
    let mirrors = [published.world.mirror.url(), second.url()];
    published.inconclusive(&published.place(), &[archive, &mirrors[0], &mirrors[1], "404"]);
    second.behave();
    assert!(published.verify(&published.place(), &[]).fine().contains("same bytes"));
}
