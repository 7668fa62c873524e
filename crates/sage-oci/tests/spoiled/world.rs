use sage_oci_derivation::{DerivationBuilder, Derivations};
use sage_oci_image::{ConfigSettings, Image, ImageInput, LayerRef, LayerType, MemoryImage, assemble, digest_of};
use sage_oci_names::{Architecture, DiffId, LayerName, StorePath};
use sage_oci_reproduce::{Bench, Conditions, Here, Request, Watch, verify};
use sage_oci_verify::{Emulate, Nature, Report, Variation, Verdict};
use std::collections::BTreeSet;
use std::path::Path;

struct Silent;

impl Watch for Silent {
    fn begins(&self, _: &str) {}
    fn built(&self, _: &str, _: usize) -> bool {
        true
    }
}

pub fn script(spoil: &str, end: &str) -> Vec<u8> {
    let text = format!(
        "#!/bin/bash\nset -euo pipefail\nPATH=/usr/bin:/bin\nmkdir -p \"$out\" \"$TMPDIR/t/etc\"\ncd \"$TMPDIR/t/etc\"\nprintf same >same\n\
         {spoil}\nchmod -R u=rwX,go=rX .\n{end}"
    );
    text.into_bytes()
}

const END: &str = "tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C .. -cf \"$out/blob\" etc\n";

/// One layer, one derivation, and the image that was published of it.
pub struct World {
    derivations: Derivations,
    path: StorePath,
    layer: LayerName,
    builder: Vec<u8>,
    folder: tempfile::TempDir,
    pub here: Here,
    pub emulate: Emulate,
}

impl World {
    pub fn new(spoil: &str) -> Self {
        Self::of(script(spoil, END))
    }

    pub fn of(builder: Vec<u8>) -> Self {
        let mut derivations = Derivations::default();
        let made = DerivationBuilder::new("layer-etc", "x86_64-linux", "/nix/store/x/bin/x").env("spec", "{}");
        let path = derivations.add(made).unwrap().path.clone();
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let layer = "etc".parse().unwrap();
        Self { derivations, path, layer, builder, folder, here: Here::look(launcher()), emulate: Emulate::default() }
    }

    /// What the builder makes, plainly.
    pub fn blob(&self) -> Vec<u8> {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let usual = Conditions::usual(&self.here);
        let mut bench = Bench::new(folder.path(), &self.derivations, &self.builder, launcher(), usual).unwrap();
        let built = bench.build(&[&self.path], 1, &|_, _| true).unwrap();
        sage_oci_files::read(built.ran[&self.path].outputs["out"].join("blob")).unwrap()
    }

    /// An image whose documents promise a layer.
    pub fn image(&self, published: &[u8], content: &[u8], media_type: LayerType) -> MemoryImage {
        let layer = LayerRef {
            name: self.layer.clone(),
            diff_id: DiffId::new(digest_of(content).sha256()),
            blob: digest_of(published),
            size: published.len() as u64,
            media_type,
        };
        let input = ImageInput {
            architecture: Architecture::Amd64,
            epoch: 0,
            layers: vec![layer],
            config: ConfigSettings::default(),
            annotations: Default::default(),
            below: None,
        };
        MemoryImage::new(&assemble(&input).unwrap(), [published.to_vec()])
    }

    pub fn verify(&self, published: &[u8], content: &[u8], media_type: LayerType) -> Report {
        self.verify_image(&self.image(published, content, media_type), Variation::ALL.into())
    }

    pub fn verify_image(&self, source: &MemoryImage, wanted: BTreeSet<Variation>) -> Report {
        let image = Image::open(source, Architecture::Amd64).unwrap();
        let request = Request {
            subject: "etc".to_owned(),
            source,
            image: &image,
            keeps_blobs: true,
            derivations: &self.derivations,
            layers: vec![(self.layer.clone(), self.path.clone())],
            top: self.path.clone(),
            lock: None,
            archives: Vec::new(),
            builder: &self.builder,
            launcher: launcher().to_owned(),
            only: Some(self.layer.clone()),
            wanted,
            emulate: self.emulate.clone(),
            here: self.here.clone(),
            jobs: 1,
            folder: self.folder.path().to_owned(),
        };
        verify(&request, &Silent).unwrap()
    }

    pub fn against_itself(&self) -> Report {
        let blob = self.blob();
        self.verify(&blob, &blob, LayerType::Tar)
    }
}

fn launcher() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_sage-oci"))
}

/// The builder is spoiled by something, and the report says by what: the path, the variation, and what was asked.
#[track_caller]
pub fn named(spoil: &str, nature: Nature, variation: Variation, asked: &str) {
    named_all(spoil, nature, &[variation], asked);
}

#[track_caller]
pub fn named_all(spoil: &str, nature: Nature, variations: &[Variation], asked: &str) {
    let world = World::new(spoil);
    if let Some(why) = world.here.no_tracing.as_ref() {
        panic!("this test traces programs: {why}");
    }
    let report = world.against_itself();
    // Only root can vary who builds, and not every machine has another file system with room.
    let variations: Vec<Variation> = variations.iter().copied().filter(|one| report.varied.contains(one)).collect();
    if variations.is_empty() {
        assert_eq!(
            report.verdict,
            Verdict::SameBytes,
            "what cannot be varied is not seen, and told: {:#?}",
            report.not_varied
        );
        return;
    }
    assert_eq!(report.verdict, Verdict::Different, "{spoil}: {report:#?}");
    let layer = &report.layers[0];
    let found: Vec<(&str, Nature)> = layer.differences.iter().map(|one| (one.path.as_str(), one.nature)).collect();
    assert_eq!(found, [("/etc/spoiled", nature)], "{spoil}");
    let causes: Vec<Variation> = layer.causes.iter().map(|cause| cause.variation).collect();
    assert_eq!(causes, variations, "{spoil}: {report:#?}");
    let observed = layer.causes[0].observed.join("\n");
    assert!(observed.contains(asked), "{spoil}: {observed:?} has no {asked:?}");
}

/// A program in C, compiled where the test runs, not where the builder does.
pub fn compiled(source: &str) -> tempfile::TempDir {
    // Who builds may be somebody else.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    let folder = tempfile::Builder::new().permissions(open).tempdir_in("/var/tmp").unwrap();
    let file = folder.path().join("program.c");
    sage_oci_files::write_new(&file, source.as_bytes()).unwrap();
    let mut cc = std::process::Command::new("cc");
    let output = cc.args(["-O0", "-o"]).arg(folder.path().join("program")).arg(&file).output();
    let output = output.expect("this test needs `cc`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}
