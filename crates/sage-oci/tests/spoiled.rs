//! Builders that are spoiled on purpose: `verify` finds each, and names what it depends on. The images are small, the builders are
//! shell scripts; they are run, traced and varied as real ones are.

use sage_oci_derivation::{DerivationBuilder, Derivations};
use sage_oci_image::{ConfigSettings, Image, ImageInput, LayerRef, LayerType, MemoryImage, assemble, digest_of};
use sage_oci_names::{Architecture, DiffId, LayerName, StorePath};
use sage_oci_reproduce::{Bench, Conditions, Here, Request, Watch, verify};
use sage_oci_verify::{Nature, Report, Sameness, Variation, Verdict};
use std::collections::BTreeSet;
use std::path::Path;

struct Silent;

impl Watch for Silent {
    fn begins(&self, _: &str) {}
    fn built(&self, _: &str, _: usize) -> bool {
        true
    }
}

fn script(spoil: &str, end: &str) -> Vec<u8> {
    let text = format!(
        "#!/bin/bash\nset -euo pipefail\nPATH=/usr/bin:/bin\nmkdir -p \"$out\" \"$TMPDIR/t/etc\"\ncd \"$TMPDIR/t/etc\"\nprintf same >same\n\
         {spoil}\nchmod -R u=rwX,go=rX .\n{end}"
    );
    text.into_bytes()
}

const END: &str = "tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C .. -cf \"$out/blob\" etc\n";

/// One layer, one derivation, and the image that was published of it.
struct World {
    derivations: Derivations,
    path: StorePath,
    layer: LayerName,
    builder: Vec<u8>,
    folder: tempfile::TempDir,
    here: Here,
}

impl World {
    fn new(spoil: &str) -> Self {
        Self::of(script(spoil, END))
    }

    fn of(builder: Vec<u8>) -> Self {
        let mut derivations = Derivations::default();
        let made = DerivationBuilder::new("layer-etc", "x86_64-linux", "/nix/store/x/bin/x").env("spec", "{}");
        let path = derivations.add(made).unwrap().path.clone();
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let layer = "etc".parse().unwrap();
        Self { derivations, path, layer, builder, folder, here: Here::look(launcher()) }
    }

    /// What the builder makes, plainly.
    fn blob(&self) -> Vec<u8> {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let usual = Conditions::usual(&self.here);
        let mut bench = Bench::new(folder.path(), &self.derivations, &self.builder, launcher(), usual).unwrap();
        let built = bench.build(&[&self.path], 1, &|_, _| true).unwrap();
        sage_oci_files::read(built.ran[&self.path].outputs["out"].join("blob")).unwrap()
    }

    /// An image whose documents promise a layer.
    fn image(&self, published: &[u8], content: &[u8], media_type: LayerType) -> MemoryImage {
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

    fn verify(&self, published: &[u8], content: &[u8], media_type: LayerType) -> Report {
        self.verify_image(&self.image(published, content, media_type), Variation::ALL.into())
    }

    fn verify_image(&self, source: &MemoryImage, wanted: BTreeSet<Variation>) -> Report {
        let image = Image::open(source, Architecture::Amd64).unwrap();
        let request = Request {
            subject: "etc".to_owned(),
            source,
            image: &image,
            keeps_blobs: true,
            derivations: &self.derivations,
            layers: vec![(self.layer.clone(), self.path.clone())],
            top: self.path.clone(),
            archives: Vec::new(),
            builder: &self.builder,
            launcher: launcher().to_owned(),
            only: Some(self.layer.clone()),
            wanted,
            here: self.here.clone(),
            jobs: 1,
            folder: self.folder.path().to_owned(),
        };
        verify(&request, &Silent).unwrap()
    }

    fn against_itself(&self) -> Report {
        let blob = self.blob();
        self.verify(&blob, &blob, LayerType::Tar)
    }
}

fn launcher() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_sage-oci"))
}

/// The builder is spoiled by something, and the report says by what: the path, the variation, and what was asked.
#[track_caller]
fn named(spoil: &str, nature: Nature, variation: Variation, asked: &str) {
    named_all(spoil, nature, &[variation], asked);
}

#[track_caller]
fn named_all(spoil: &str, nature: Nature, variations: &[Variation], asked: &str) {
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

#[test]
fn a_sound_builder_gives_the_same_bytes_whatever_is_varied() {
    let world = World::new("");
    let report = world.against_itself();
    assert_eq!(report.verdict, Verdict::SameBytes, "{report:#?}");
    assert_eq!(report.varied.len() + report.not_varied.len(), Variation::ALL.len());
    assert!(report.varied.contains(&Variation::Time), "{report:#?}");
}

#[test]
fn the_time() {
    named("date +%Y >spoiled", Nature::Content, Variation::Time, "asked for the time");
}

#[test]
fn the_time_to_the_second_which_is_another_one_in_every_run() {
    // What is held still makes the whole seconds the same.
    named("printf '%s' \"$(date +%s)\" >spoiled", Nature::Content, Variation::Time, "asked for the time");
}

#[test]
fn the_hosts_name() {
    named("uname -n >spoiled", Nature::Content, Variation::DomainHost, "the names of the host and the kernel");
}

#[test]
fn the_kernels_release() {
    named("uname -r >spoiled", Nature::Content, Variation::Kernel, "the names of the host and the kernel");
}

#[test]
fn the_users_home() {
    named("printf '%s' \"${HOME##*/}\" >spoiled", Nature::Content, Variation::Home, "");
}

#[test]
fn the_order_of_a_hash_map() {
    // Perl's tables are seeded from a device.
    let spoil = "perl -e 'my %table = map { $_ => 1 } \"a\" .. \"z\"; print keys %table' >spoiled";
    named(spoil, Nature::Content, Variation::Random, "random bytes");
}

#[test]
fn random_numbers() {
    named("printf '%s' $SRANDOM >spoiled", Nature::Content, Variation::Random, "random bytes");
}

/// A program in C, compiled where the test runs, not where the builder does.
fn compiled(source: &str) -> tempfile::TempDir {
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

#[test]
fn bytes_of_memory_that_nobody_has_set() {
    // They are zeros wherever the kernel has just given the memory, and so come out the same each time.
    let fresh =
        compiled("#include <stdio.h>\n#include <stdlib.h>\nint main(void) { fwrite(malloc(64), 1, 64, stdout); }");
    let spoil = format!("{}/program >spoiled", fresh.path().display());
    named(&spoil, Nature::Content, Variation::Memory, "has not set");
}

#[test]
fn what_was_left_in_memory() {
    // A block that was given back holds addresses of the heap's own lists.
    let source = "#include <stdio.h>\n#include <stdlib.h>\nint main(void) {\n\
        char *first = malloc(2000), *between = malloc(16);\nfree(first);\n\
        fwrite(malloc(2000), 1, 16, stdout);\nreturn between == 0; }";
    let used = compiled(source);
    let spoil = format!("{}/program >spoiled", used.path().display());
    named_all(&spoil, Nature::Content, &[Variation::Aslr, Variation::Memory], "has not set");
}

#[test]
fn an_address() {
    let own = compiled("#include <stdio.h>\nint main(void) { printf(\"%p\", (void *) main); }");
    let spoil = format!("{}/program >spoiled", own.path().display());
    named(&spoil, Nature::Content, Variation::Aslr, "an address of memory");
}

#[test]
fn the_order_of_a_directory() {
    let spoil = "mkdir ../x; for i in 1 2 3 4 5 6 7 8 9; do : >../x/$i; done; ls -U ../x >spoiled; rm -r ../x";
    // Another file system has an order of its own, too.
    let causes = [Variation::FileOrdering, Variation::Tmp];
    named_all(spoil, Nature::Content, &causes, "a folder's entries");
}

#[test]
fn the_locale() {
    named("printf '%s' \"${LC_ALL-}\" >spoiled", Nature::Content, Variation::Locales, "");
}

#[test]
fn how_many_processors_split_the_work() {
    named(
        "seq 100 >x; split -n l/$(nproc) x part; cat partaa >spoiled; rm x part*",
        Nature::Content,
        Variation::NumCpus,
        "the processors",
    );
}

#[test]
fn the_kind_of_processor() {
    named("grep -c . /proc/cpuinfo >spoiled || :", Nature::Content, Variation::NumCpus, "the processors");
}

#[test]
fn the_permissions_of_new_files() {
    named("chmod -R u=rwX,go=rX .; : >spoiled; chmod() { :; }", Nature::Metadata, Variation::Umask, "");
}

#[test]
fn the_builders_place() {
    named("case $0 in *another*) echo other;; *) echo same;; esac >spoiled", Nature::Content, Variation::ExecPath, "");
}

#[test]
fn who_builds() {
    named("id -u >spoiled", Nature::Content, Variation::UserGroup, "");
}

#[test]
fn the_time_of_a_file_in_an_archive_in_the_layer() {
    let asked = "asked for the time of a file just made";
    for archive in
        ["tar -cf spoiled x", "tar -czf spoiled x", "gzip --keep x; mv x.gz spoiled", "stat -c %Y x >spoiled"]
    {
        let spoil = format!("echo content >x; {archive}; rm x");
        named(&spoil, Nature::Content, Variation::Time, asked);
    }
}

#[test]
fn the_time_of_a_file_that_was_given_one_is_left_alone() {
    // Before, in and after the time that is told.
    for given in ["@0", "@2275000003", "@4102444800"] {
        let spoil = format!("echo content >x; touch -d {given} x; stat -c %Y x >spoiled; rm x");
        let report = World::new(&spoil).against_itself();
        assert_eq!(report.verdict, Verdict::SameBytes, "{given}: {report:#?}");
    }
}

#[test]
fn other_compression_and_another_order_are_the_same_content() {
    let world = World::new("");
    let content = world.blob();
    let packed = zstd::encode_all(&content[..], 1).unwrap();
    let report = world.verify(&packed, &content, LayerType::Zstd);
    assert_eq!(report.verdict, Verdict::SameContent { differ: vec![Sameness::Compression] }, "{report:#?}");
    let turned = "tar --mtime=@0 --owner=0 --group=0 --numeric-owner -C .. --no-recursion -cf \"$out/blob\" etc etc/same etc/other\n";
    let straight = World::of(script(": >other", &turned.replace("etc/same etc/other", "etc/other etc/same")));
    let turned = World::of(script(": >other", turned)).blob();
    let report = straight.verify(&turned, &turned, LayerType::Tar);
    assert_eq!(report.verdict, Verdict::SameContent { differ: vec![Sameness::Order] }, "{report:#?}");
}

#[test]
fn a_damaged_image_is_not_believed() {
    let world = World::new("");
    let blob = world.blob();
    let mut flipped = blob.clone();
    let content = flipped.windows(5).position(|bytes| bytes == b"same\0").unwrap();
    let content = content + 1 + flipped[content + 1..].windows(5).position(|bytes| bytes == b"same\0").unwrap();
    flipped[content] ^= 1;
    // A manifest that is honest about a layer of another content.
    let report = world.verify(&flipped, &flipped, LayerType::Tar);
    assert_eq!(report.verdict, Verdict::Different, "{report:#?}");
    let layer = &report.layers[0];
    assert_eq!((layer.differences.len(), layer.differences[0].path.as_str()), (1, "/etc/same"));
    assert_eq!(layer.why.as_deref(), Some("it comes out the same each time, and not as it was published"));
    // Where nobody reads it.
    let mut padded = blob.clone();
    *padded.last_mut().unwrap() = 1;
    let report = world.verify(&padded, &padded, LayerType::Tar);
    assert_eq!(report.verdict, Verdict::SameContent { differ: vec![Sameness::Archive] }, "{report:#?}");
    // One that lies: the blob is another one than it says.
    let mut source = world.image(&blob, &blob, LayerType::Tar);
    source.replace(digest_of(&blob), flipped);
    let report = world.verify_image(&source, BTreeSet::new());
    assert_eq!(report.verdict, Verdict::Different);
    assert!(report.layers[0].why.as_deref().unwrap_or_default().contains("sha256:"), "{report:#?}");
}
