//! `diff` of layouts, by the real binary.

use assert_cmd::Command;
use sage_oci_image::{
    ConfigSettings, Descriptor, Image, ImageInput, LayerRef, LayerType, MAX_LAYERS, OCI_LAYOUT, OciLayout, assemble,
    assemble_index, blob_path, digest_of,
};
use sage_oci_layer::{LayerWriter, Options};
use sage_oci_names::{Architecture, Compression, LayerName};
use sage_oci_tree::{Entry, EntryKind};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A layer: its name, and files by path.
type Layer<'a> = (&'a str, &'a [(&'a str, &'a str)]);

struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, layout: &str, path: &str, bytes: &[u8]) {
        let path = self.path(layout).join(path);
        sage_oci_files::create_dir_all(path.parent().unwrap()).unwrap();
        sage_oci_files::write_atomic(path, bytes).unwrap();
    }

    /// Writes an image's blobs into a layout, and gives its manifest's descriptor and the layout's index.
    fn blobs(
        &self,
        layout: &str,
        architecture: Architecture,
        layers: &[Layer<'_>],
        user: Option<&str>,
    ) -> (Descriptor, Vec<u8>) {
        let mut refs = Vec::new();
        for (name, files) in layers {
            let options = Options {
                epoch: 1_700_000_000,
                compression: Compression::usual(sage_oci_names::Algorithm::Zstd),
                threads: 1,
            };
            let mut writer = LayerWriter::new(Vec::new(), options).unwrap();
            for (path, content) in *files {
                let kind = EntryKind::File { size: content.len() as u64 };
                writer.append(&Entry::new(path.parse().unwrap(), kind), &mut content.as_bytes()).unwrap();
            }
            let (blob, info) = writer.finish().unwrap();
            self.write(layout, &blob_path(&info.blob), &blob);
            let media_type = LayerType::parse(info.media_type).unwrap();
            let name = LayerName::parse(name).unwrap();
            refs.push(LayerRef { name, diff_id: info.diff_id, blob: info.blob, size: info.size, media_type });
        }
        let config = ConfigSettings { user: user.map(str::to_owned), ..ConfigSettings::default() };
        let input = ImageInput {
            architecture,
            epoch: 1_700_000_000,
            layers: refs,
            config,
            annotations: BTreeMap::new(),
            below: None,
        };
        let made = assemble(&input).unwrap();
        for document in [&made.config, &made.manifest] {
            self.write(layout, &blob_path(&digest_of(document)), document);
        }
        self.write(layout, OCI_LAYOUT, &OciLayout::bytes());
        (made.descriptor, made.index)
    }

    fn image(&self, layout: &str, layers: &[Layer<'_>]) -> &Self {
        let (_, index) = self.blobs(layout, Architecture::Amd64, layers, None);
        self.write(layout, "index.json", &index);
        self
    }

    /// Without any program of this machine; diffoscope is looked for.
    fn run(&self, words: &[&str]) -> (i32, String, String) {
        self.run_with("", words)
    }

    fn run_with(&self, programs: &str, words: &[&str]) -> (i32, String, String) {
        let output = Command::cargo_bin("sage-oci")
            .unwrap()
            .env("NO_COLOR", "1")
            .env("PATH", programs)
            .current_dir(&self.0)
            .arg("diff")
            .args(words)
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn json(&self, words: &[&str]) -> Value {
        let (status, out, error) = self.run(&[words, &["--json"]].concat());
        assert_eq!(status, 0, "{error}");
        serde_json::from_str(&out).unwrap()
    }
}

const OLD_STATUS: &str = "Package: a\nStatus: install ok installed\nInstalled-Size: 10\nArchitecture: all\nVersion: 1-1\n\n\
    Package: same\nStatus: install ok installed\nArchitecture: all\nVersion: 1\nSection: math\n";
const NEW_STATUS: &str = "Package: a\nStatus: install ok installed\nInstalled-Size: 30\nArchitecture: all\nVersion: 1-2\n\n\
    Package: same\nStatus: install ok installed\nArchitecture: all\nVersion: 1\nSection: libs\n\n\
    Package: more\nStatus: install ok installed\nInstalled-Size: 1\nArchitecture: all\nVersion: 3\n";
const STATUS: &str = "var/lib/dpkg/status";
const A_LIST: &str = "var/lib/dpkg/info/a.list";
const SAME_LIST: &str = "var/lib/dpkg/info/same.list";

/// Two images that differ in a package, a file of another package and one of nobody.
fn two(bench: &Bench) {
    let base: Layer<'_> = ("base", &[("usr/lib/base", "base")]);
    let lists: [(&str, &str); 2] = [(A_LIST, "/.\n/usr/bin/a\n"), (SAME_LIST, "/.\n/etc/same.conf\n")];
    let old = [("usr/bin/a", "a 1\n"), ("etc/same.conf", "one\ntwo\n"), ("etc/own", "x")];
    let new = [("usr/bin/a", "a 2\n"), ("etc/same.conf", "one\n2\n"), ("etc/own", "y")];
    let dpkg = |status| [lists[0], lists[1], (STATUS, status)];
    bench.image("old", &[base, ("a", &old), ("dpkg", &dpkg(OLD_STATUS))]);
    bench.image("new", &[base, ("a", &new), ("dpkg", &dpkg(NEW_STATUS))]);
}

#[test]
fn packages_first_then_what_none_explains_then_insides() {
    let bench = Bench::new();
    two(&bench);
    let (status, out, error) = bench.run(&["./old", "./new", "--exit-code"]);
    assert_eq!((status, error.as_str()), (1, ""));
    let lines: Vec<&str> = out.lines().skip(2).map(str::trim_end).collect();
    let expected = "\
2 packages differ, 1 path by that, 3 other paths

packages
  a     1-1 -> 1-2  +20.0 KiB  1 path
  more  added 3      +1.0 KiB  0 paths
  +21.0 KiB in all

paths that no package explains
  ~ /etc/own  content, same size
      @@ -1 +1 @@
      -x
      \\ No newline at end of file
      +y
      \\ No newline at end of file
  ~ /etc/same.conf  content 8 B -> 6 B  (of same)
      @@ -1,2 +1,2 @@
       one
      -two
      +2
  ~ /var/lib/dpkg/status  content 177 B -> 268 B
      ~ same Section: math -> libs";
    assert_eq!(lines.join("\n"), expected);
}

#[test]
fn the_document_is_versioned_and_turns_round() {
    let bench = Bench::new();
    two(&bench);
    let (there, back) = (bench.json(&["./old", "./new", "--all"]), bench.json(&["./new", "./old", "--all"]));
    assert_eq!((&there["format"], &there["same_content"], &there["explained"]), (&1.into(), &false.into(), &1.into()));
    assert_eq!(there["packages"][0]["growth"], 20 * 1024);
    for (there, back) in there["paths"].as_array().unwrap().iter().zip(back["paths"].as_array().unwrap()) {
        assert_eq!([&there["path"], &there["old"], &there["new"]], [&back["path"], &back["new"], &back["old"]]);
    }
    let explained: Vec<&Value> = there["paths"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|path| path["explained_by"] == "a")
        .map(|path| &path["path"])
        .collect();
    assert_eq!(explained, ["usr/bin/a"]);
}

#[test]
fn a_summary_is_markdown() {
    let bench = Bench::new();
    two(&bench);
    let (_, out, _) = bench.run(&["./old", "./new", "--summary"]);
    for part in [
        "**./old** → **./new**: 2 packages differ",
        "| a | 1-1 | 1-2 | +20.0 KiB | 1 |",
        "```diff\n~ /etc/own  content, same size\n",
    ] {
        assert!(out.contains(part), "{part} is not in {out}");
    }
    assert_eq!(bench.run(&["./old", "./new", "--summary", "--json"]).0, 2);
}

#[test]
fn equal_images_and_moved_files() {
    let bench = Bench::new();
    bench.image("one", &[("x", &[("a", "1"), ("b", "2")])]);
    bench.image("two", &[("x", &[("a", "1")]), ("y", &[("b", "2")])]);
    let (status, out, _) = bench.run(&["./one", "./one", "--exit-code"]);
    assert_eq!((status, out.lines().last()), (0, Some("equal")));
    // Nothing of them is read.
    let blobs = sage_oci_files::list(bench.path("one/blobs/sha256")).unwrap();
    let largest =
        blobs.iter().find(|blob| sage_oci_files::read(blob).unwrap().starts_with(b"\x28\xb5\x2f\xfd")).unwrap();
    let kept = sage_oci_files::read(largest).unwrap();
    sage_oci_files::write_atomic(largest, b"damaged").unwrap();
    assert_eq!(bench.run(&["./one", "./one"]).0, 0);
    sage_oci_files::write_atomic(largest, &kept).unwrap();

    let found = bench.json(&["./one", "./two"]);
    assert_eq!((&found["same_content"], &found["moved"][0]["count"]), (&true.into(), &1.into()));
    assert_eq!([&found["moved"][0]["from"], &found["moved"][0]["to"]], ["x", "y"]);
    assert_eq!(bench.run(&["./one", "./two", "--exit-code"]).0, 0, "a container sees no difference");
}

#[test]
fn how_an_image_starts_is_a_difference() {
    let bench = Bench::new();
    let layers: [Layer<'_>; 1] = [("x", &[("a", "1")])];
    for (name, user) in [("one", None), ("two", Some("sage"))] {
        let (_, index) = bench.blobs(name, Architecture::Amd64, &layers, user);
        bench.write(name, "index.json", &index);
    }
    let (status, out, _) = bench.run(&["./one", "./two", "--exit-code"]);
    assert_eq!(status, 1);
    assert!(out.contains("same content, other settings") && out.contains("+ config.User: \"sage\""), "{out}");
}

#[test]
fn two_architectures_in_one_index_must_be_told_apart() {
    let bench = Bench::new();
    let of = |architecture, content| bench.blobs("both", architecture, &[("x", &[("a", content)])], None).0;
    let both = vec![of(Architecture::Amd64, "1"), of(Architecture::Arm64, "2")];
    let made = assemble_index(both, BTreeMap::new()).unwrap();
    bench.write("both", &blob_path(&made.descriptor.digest), &made.image_index);
    bench.write("both", "index.json", &made.layout_index);
    bench.image("one", &[("x", &[("a", "1")])]);
    let (status, _, error) = bench.run(&["./both", "./one"]);
    assert_eq!(status, 2);
    assert!(
        error.contains("./both: it has several images: linux/amd64, linux/arm64") && error.contains("--arch"),
        "{error}"
    );
    assert_eq!(bench.run(&["./both", "./one", "--arch", "amd64", "--exit-code"]).0, 0);
    let (status, _, error) = bench.run(&["./both", "./one", "--arch", "arm64"]);
    assert_eq!(status, 2, "{error}");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let bench = Bench::new();
    bench.image("one", &[("x", &[("a", "1")])]).image("two", &[("x", &[("a", "2")])]);
    let layout = sage_oci_layout::LayoutDir::open(bench.path("two")).unwrap();
    let layer = Image::open(&layout, Architecture::Amd64).unwrap().layers[0].descriptor.digest;
    let path = bench.path("two").join(blob_path(&layer));
    let whole = sage_oci_files::read(&path).unwrap();
    let mut lying = whole.clone();
    *lying.last_mut().unwrap() ^= 1;
    let failing = |bytes: Option<&[u8]>, why: &str| {
        match bytes {
            Some(bytes) => sage_oci_files::write_atomic(&path, bytes).unwrap(),
            None => sage_oci_files::remove_file(&path).unwrap(),
        }
        let (status, out, error) = bench.run(&["./one", "./two", "--exit-code"]);
        assert_eq!((status, out.as_str()), (2, ""), "{error}");
        assert!(error.contains(&layer.to_string()) && error.contains(why), "{error}");
    };
    failing(Some(&whole[..whole.len() / 2]), "bytes");
    failing(Some(&lying), "sha256");
    failing(None, "not here");
    assert_eq!(bench.run(&["./one", "./nosuch"]).0, 2);
    assert_eq!(bench.run(&["./one", "engine:"]).0, 2);
}

#[test]
fn as_many_layers_as_engines_stack() {
    let bench = Bench::new();
    let names: Vec<(String, String)> = (0..MAX_LAYERS).map(|at| (format!("l{at}"), format!("f{at}"))).collect();
    let files: Vec<[(&str, &str); 1]> = names.iter().map(|(_, file)| [(file.as_str(), "x")]).collect();
    let layers: Vec<Layer<'_>> =
        names.iter().zip(&files).map(|((name, _), files)| (name.as_str(), &files[..])).collect();
    let mut others = layers.clone();
    others[MAX_LAYERS - 1] = ("top", &[("f", "y")]);
    bench.image("one", &layers).image("two", &others);
    let (status, out, error) = bench.run(&["./one", "./two", "--exit-code"]);
    assert_eq!(status, 1, "{error}");
    assert!(out.contains("/f126") && out.contains("127 layers") && out.contains("/f  file"), "{out}");
}

#[test]
fn a_name_that_is_no_text_is_said() {
    let bench = Bench::new();
    bench.image("one", &[("x", &[("a", "1")])]).image("two", &[("x", &[("a", "2")])]);
    let layout = sage_oci_layout::LayoutDir::open(bench.path("two")).unwrap();
    let image = Image::open(&layout, Architecture::Amd64).unwrap();
    // The file's name with a byte that is no text, in a layer that is as its image says.
    let mut tar = zstd::decode_all(
        &sage_oci_files::read(bench.path("two").join(blob_path(&image.layers[0].descriptor.digest))).unwrap()[..],
    )
    .unwrap();
    let header = tar.chunks_exact(512).position(|block| block.starts_with(b"a\0")).unwrap() * 512;
    tar[header] = 0xff;
    let sum: u32 = u32::from(b' ') * 8
        + tar[header..header + 512]
            .iter()
            .enumerate()
            .filter(|(at, _)| !(148..156).contains(at))
            .map(|(_, byte)| u32::from(*byte))
            .sum::<u32>();
    tar[header + 148..header + 156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let layer = LayerRef {
        name: "x".parse().unwrap(),
        diff_id: sage_oci_names::DiffId::new(digest_of(&tar).sha256()),
        blob: digest_of(&tar),
        size: tar.len() as u64,
        media_type: LayerType::Tar,
    };
    let input = ImageInput {
        architecture: Architecture::Amd64,
        epoch: 0,
        layers: vec![layer],
        config: ConfigSettings::default(),
        annotations: BTreeMap::new(),
        below: None,
    };
    let made = assemble(&input).unwrap();
    for document in [&made.config, &made.manifest, &tar] {
        bench.write("three", &blob_path(&digest_of(document)), document);
    }
    bench.write("three", OCI_LAYOUT, &OciLayout::bytes());
    bench.write("three", "index.json", &made.index);
    let (status, out, error) = bench.run(&["./one", "./three"]);
    assert_eq!((status, out.as_str()), (2, ""), "{error}");
    assert!(
        error.contains(&digest_of(&tar).to_string()) && error.contains('\u{fffd}') && error.contains("UTF-8"),
        "{error}"
    );
}

#[test]
fn diffoscope_is_asked_of_what_nothing_here_knows() {
    let bench = Bench::new();
    bench.image("one", &[("x", &[("a.bin", "\0one")])]).image("two", &[("x", &[("a.bin", "\0two!")])]);
    let (_, out, _) = bench.run(&["./one", "./two"]);
    assert!(out.contains("bytes: 4 of 5 bytes differ, the first at 1"), "{out}");
    let program = bench.path("bin/diffoscope");
    sage_oci_files::create_dir_all(program.parent().unwrap()).unwrap();
    // It gets both files by the name that they have in the image.
    let script = b"#!/bin/sh\nfor last; do :; done\necho \"seen ${last##*/}\"\nexit 1\n";
    sage_oci_fake_program::write_program(&program, script);
    let (status, out, error) = bench.run_with(program.parent().unwrap().to_str().unwrap(), &["./one", "./two"]);
    assert_eq!((status, error.as_str()), (0, ""));
    assert!(out.ends_with("      seen a.bin\n"), "{out}");
}
