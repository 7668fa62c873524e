//! What `verify` says of whole images that have the right layers, wrong ones, or the right ones in other ways. The builder gives what
//! was prepared, so that all that differs is in the published image.

use sage_oci_derivation::{DerivationBuilder, Derivations};
use sage_oci_fake_image::{Layer, TinyImage};
use sage_oci_image::{
    Image, ImageInput, ImageSource, LayerType, MAX_LAYERS, MemoryImage, OCI_LAYOUT, OciLayout, assemble, blob_path,
    digest_of,
};
use sage_oci_names::{Algorithm, Architecture, Compression, DiffId, LayerName, StorePath};
use sage_oci_reproduce::{Here, ReproduceError, Request, Watch, verify};
use sage_oci_verify::{Report, Sameness, Verdict};
use std::io::Read;
use std::path::Path;

struct Silent;

impl Watch for Silent {
    fn begins(&self, _: &str) {}
    fn built(&self, _: &str, _: usize) -> bool {
        true
    }
}

struct World {
    made: TinyImage,
    derivations: Derivations,
    layers: Vec<(LayerName, StorePath)>,
    top: StorePath,
    folder: tempfile::TempDir,
}

impl World {
    fn new(layers: &[Layer]) -> Self {
        let made = image(layers);
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let mut derivations = Derivations::default();
        let add = |name: &str, derivations: &mut Derivations| {
            let made = DerivationBuilder::new(name, "x86_64-linux", "/nix/store/x/bin/x").env("spec", name);
            derivations.add(made).unwrap().path.clone()
        };
        let mut all = Vec::new();
        for layer in &made.input.layers {
            all.push((layer.name.clone(), add(layer.name.as_str(), &mut derivations)));
            let prepared = folder.path().join("prepared").join(layer.name.as_str());
            write(&prepared.join("blob"), &blob(&made.source, &layer.blob));
        }
        let layout = folder.path().join("prepared/whole");
        write(&layout.join(OCI_LAYOUT), &OciLayout::bytes());
        write(&layout.join("index.json"), &made.source.index().unwrap());
        for digest in made
            .input
            .layers
            .iter()
            .map(|layer| layer.blob)
            .chain([made.documents.config_digest, made.documents.manifest_digest])
        {
            write(&layout.join(blob_path(&digest)), &blob(&made.source, &digest));
        }
        let top = add("whole", &mut derivations);
        Self { made, derivations, layers: all, top, folder }
    }

    fn verify(&self, source: &MemoryImage) -> Report {
        self.try_verify(source).unwrap()
    }

    /// It cannot be told; why not. Nothing stays of the second build.
    fn inconclusive(&self, source: &MemoryImage) -> String {
        let why = self.try_verify(source).unwrap_err().to_string();
        let left = sage_oci_files::list(self.folder.path()).unwrap();
        assert_eq!(left, [self.folder.path().join("prepared")], "{why}");
        why
    }

    fn try_verify(&self, source: &MemoryImage) -> Result<Report, ReproduceError> {
        let image = Image::open(source, Architecture::host().unwrap()).unwrap();
        let prepared = self.folder.path().join("prepared");
        let builder = format!(
            "#!/bin/sh\nset -eu\nPATH=/usr/bin:/bin\ncp -r '{}'/\"$(cat \"$specPath\")\" \"$out\"\n",
            prepared.display()
        );
        let launcher = Path::new(env!("CARGO_BIN_EXE_sage-oci"));
        let request = Request {
            subject: "tiny".to_owned(),
            source,
            image: &image,
            keeps_blobs: true,
            derivations: &self.derivations,
            layers: self.layers.clone(),
            top: self.top.clone(),
            archives: Vec::new(),
            lock: None,
            builder: builder.as_bytes(),
            launcher: launcher.to_owned(),
            only: None,
            wanted: Default::default(),
            emulate: Default::default(),
            here: Here::look(launcher),
            jobs: 2,
            folder: self.folder.path().to_owned(),
        };
        verify(&request, &Silent)
    }

    /// The same image with another input.
    fn published(&self, change: impl FnOnce(&mut ImageInput)) -> MemoryImage {
        let mut input = self.made.input.clone();
        change(&mut input);
        let blobs: Vec<Vec<u8>> = input.layers.iter().map(|layer| blob(&self.made.source, &layer.blob)).collect();
        MemoryImage::new(&assemble(&input).unwrap(), blobs)
    }
}

fn image(layers: &[Layer]) -> TinyImage {
    TinyImage::build(layers, Compression::usual(Algorithm::Zstd))
}

fn blob(source: &MemoryImage, digest: &sage_oci_names::BlobDigest) -> Vec<u8> {
    let mut bytes = Vec::new();
    source.blob(digest).unwrap().unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn write(path: &Path, bytes: &[u8]) {
    sage_oci_files::create_dir_all(path.parent().unwrap()).unwrap();
    sage_oci_files::write_atomic(path, bytes).unwrap();
}

fn apart() -> [Layer; 2] {
    [Layer::new("one").file("etc/one", "1"), Layer::new("two").file("etc/two", "2")]
}

#[test]
fn the_image_itself() {
    let world = World::new(&apart());
    let report = world.verify(&world.made.source);
    assert_eq!((report.verdict, report.rebuilt), (Verdict::SameBytes, report.manifest));
}

#[test]
fn layers_in_another_order_are_the_same_content_where_none_hides_anothers_files() {
    let other = Verdict::SameContent { differ: vec![Sameness::Layers] };
    let world = World::new(&apart());
    let report = world.verify(&world.published(|input| input.layers.swap(1, 2)));
    assert_eq!(report.verdict, other, "{report:#?}");
    let world = World::new(&[Layer::new("one").file("etc/x", "1"), Layer::new("two").file("etc/x", "2")]);
    let report = world.verify(&world.published(|input| input.layers.swap(1, 2)));
    assert_eq!(report.verdict, Verdict::Different, "{report:#?}");
}

#[test]
fn the_same_files_in_one_layer_are_the_same_content() {
    let world = World::new(&apart());
    let together = image(&[Layer::new("both").file("etc/one", "1").file("etc/two", "2")]);
    let report = world.verify(&together.source);
    assert_eq!(report.verdict, Verdict::SameContent { differ: vec![Sameness::Layers] }, "{report:#?}");
    let other = image(&[Layer::new("both").file("etc/one", "1").file("etc/two", "3")]);
    assert_eq!(world.verify(&other.source).verdict, Verdict::Different);
}

#[test]
fn a_layer_that_nothing_makes_is_another_image() {
    let world = World::new(&apart());
    let more =
        image(&[apart(), [Layer::new("back-door").file("etc/x", "1"), Layer::new("z").file("etc/y", "")]].concat());
    assert_eq!(world.verify(&more.source).verdict, Verdict::Different);
    let fewer = world.published(|input| drop(input.layers.pop()));
    let report = world.verify(&fewer);
    assert_eq!(report.verdict, Verdict::Different, "{report:#?}");
    assert_eq!(report.layers[2].why.as_deref(), Some("the image has no such layer"));
}

#[test]
fn another_configuration_is_another_image() {
    let world = World::new(&apart());
    let report = world.verify(&world.published(|input| input.config.cmd = vec!["/bin/evil".to_owned()]));
    assert_eq!(report.verdict, Verdict::Different);
    assert!(report.layers.iter().all(|layer| layer.verdict == Verdict::SameBytes));
    assert!(report.documents.iter().any(|place| place.contains("Cmd")), "{:?}", report.documents);
    let report = world.verify(&world.published(|input| drop(input.annotations.insert("a".into(), "b".into()))));
    assert_eq!(report.verdict, Verdict::Different);
    assert!(!report.documents.is_empty());
}

#[test]
fn a_damaged_blob_is_not_excused_by_the_documents() {
    let world = World::new(&apart());
    let mut damaged = world.made.source.clone();
    let digest = world.made.input.layers[1].blob;
    let mut bytes = blob(&damaged, &digest);
    *bytes.last_mut().unwrap() ^= 1;
    damaged.replace(digest, bytes);
    let report = world.verify(&damaged);
    assert_eq!(report.verdict, Verdict::Different, "{report:#?}");
    assert!(report.layers[1].why.as_deref().unwrap_or_default().contains(&digest.to_string()), "{report:#?}");
}

#[test]
fn of_what_is_not_there_nothing_is_said() {
    let world = World::new(&apart());
    let digest = world.made.input.layers[1].blob;
    let mut absent = world.made.source.clone();
    absent.remove(&digest);
    let why = world.inconclusive(&absent);
    assert!(why.contains(&digest.to_string()) && why.contains("not here"), "{why}");
    let mut cut = world.made.source.clone();
    let bytes = blob(&cut, &digest);
    cut.replace(digest, bytes[..bytes.len() / 2].to_vec());
    let why = world.inconclusive(&cut);
    let size = format!("has {} bytes, its descriptor says {}", bytes.len() / 2, bytes.len());
    assert!(why.contains(&digest.to_string()) && why.contains(&size), "{why}");
}

#[test]
fn as_many_layers_as_engines_stack() {
    let layer = |number: usize| Layer::new(&format!("l{number}")).file(&format!("etc/{number}"), number.to_string());
    let world = World::new(&(1..MAX_LAYERS).map(layer).collect::<Vec<_>>());
    let report = world.verify(&world.made.source);
    assert_eq!((report.verdict, report.layers.len()), (Verdict::SameBytes, MAX_LAYERS));
    let report = world.verify(&world.published(|input| input.layers.swap(1, MAX_LAYERS - 1)));
    assert_eq!(report.verdict, Verdict::SameContent { differ: vec![Sameness::Layers] });
}

/// A tar archive with a file of that name.
fn tar_of(name: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..name.len()].copy_from_slice(name);
    for (at, field) in [
        (100, "0000644\0"),
        (108, "0000000\0"),
        (116, "0000000\0"),
        (124, "00000000000\0"),
        (136, "00000000000\0"),
        (148, "        "),
        (156, "0"),
        (257, "ustar\x0000"),
    ] {
        header[at..at + field.len()].copy_from_slice(field.as_bytes());
    }
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    [&header[..], &[0; 1024]].concat()
}

#[test]
fn a_name_that_is_no_text_cannot_be_compared() {
    let world = World::new(&apart());
    let other = |name: &[u8], top: bool| {
        let bytes = tar_of(name);
        let mut input = world.made.input.clone();
        let digest = digest_of(&bytes);
        let layer = &mut input.layers[1];
        (layer.blob, layer.size, layer.media_type) = (digest, bytes.len() as u64, LayerType::Tar);
        layer.diff_id = DiffId::new(digest.sha256());
        if top {
            layer.name = "back-door".parse().unwrap();
        }
        let blobs = input.layers.iter().map(|layer| match layer.blob == digest {
            true => bytes.clone(),
            false => blob(&world.made.source, &layer.blob),
        });
        MemoryImage::new(&assemble(&input).unwrap(), blobs.collect::<Vec<_>>())
    };
    assert_eq!(world.verify(&other(b"etc/one", false)).verdict, Verdict::Different, "the archive is sound");
    for top in [false, true] {
        let why = world.inconclusive(&other(b"etc/on\xff", top));
        assert!(why.contains("etc/on\u{fffd}") && why.contains("UTF-8"), "{why}");
        assert!(why.starts_with(if top { "layer sha256:" } else { "layer one of the image" }), "{why}");
    }
}
