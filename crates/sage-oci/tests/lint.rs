//! `lint`, by the real binary: each rule with an image that breaks it and one that does not.

use assert_cmd::Command;
use sage_oci_image::{
    ConfigSettings, ImageInput, LayerRef, LayerType, OCI_LAYOUT, OciLayout, assemble, blob_path, digest_of,
};
use sage_oci_layer::{LayerWriter, Options};
use sage_oci_names::{Algorithm, Architecture, Compression, LayerName};
use sage_oci_tree::{Entry, EntryKind};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// When the images were made, 14 November 2023.
const EPOCH: u64 = 1_700_000_000;
/// The day of that.
const DAY: &str = "19675";

/// Something at a path.
#[derive(Clone)]
struct Put {
    entry: Entry,
    body: Vec<u8>,
}

fn file(path: &str, body: impl AsRef<[u8]>) -> Put {
    let body = body.as_ref().to_vec();
    Put { entry: Entry::new(path.parse().unwrap(), EntryKind::File { size: body.len() as u64 }), body }
}

fn link(path: &str, target: &str) -> Put {
    let kind = EntryKind::Symlink { target: target.to_owned() };
    Put { entry: Entry::new(path.parse().unwrap(), kind), body: Vec::new() }
}

fn folder(path: &str) -> Put {
    Put { entry: Entry::new(path.parse().unwrap(), EntryKind::Directory), body: Vec::new() }
}

impl Put {
    fn mode(mut self, mode: u32) -> Self {
        self.entry.mode = mode;
        self
    }

    fn of(mut self, uid: u32, gid: u32) -> Self {
        (self.entry.uid, self.entry.gid) = (uid, gid);
        self
    }

    fn xattr(mut self, key: &str) -> Self {
        self.entry.xattrs.insert(key.to_owned(), b"x".to_vec());
        self
    }
}

/// Writes an image of layers into a layout.
fn layout(folder: &Path, layers: &[Vec<Put>]) {
    let write = |path: &str, bytes: &[u8]| {
        let path = folder.join(path);
        sage_oci_files::create_dir_all(path.parent().unwrap()).unwrap();
        sage_oci_files::write_atomic(path, bytes).unwrap();
    };
    let mut refs = Vec::new();
    for (number, puts) in layers.iter().enumerate() {
        let options = Options { epoch: EPOCH, compression: Compression::usual(Algorithm::Zstd), threads: 1 };
        let mut writer = LayerWriter::new(Vec::new(), options).unwrap();
        let mut puts = puts.clone();
        puts.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        for put in &puts {
            writer.append(&put.entry, &mut put.body.as_slice()).unwrap();
        }
        let (blob, info) = writer.finish().unwrap();
        write(&blob_path(&info.blob), &blob);
        let media_type = LayerType::parse(info.media_type).unwrap();
        let name = LayerName::parse(&format!("layer-{number}")).unwrap();
        refs.push(LayerRef { name, diff_id: info.diff_id, blob: info.blob, size: info.size, media_type });
    }
    let input = ImageInput {
        architecture: Architecture::Amd64,
        epoch: EPOCH as i64,
        layers: refs,
        config: ConfigSettings::default(),
        annotations: BTreeMap::new(),
        below: None,
    };
    let made = assemble(&input).unwrap();
    for document in [&made.config, &made.manifest] {
        write(&blob_path(&digest_of(document)), document);
    }
    write(OCI_LAYOUT, &OciLayout::bytes());
    write("index.json", &made.index);
}

/// `lint` of an image; its exceptions are a file of theirs, where there are any.
fn run(layers: &[Vec<Put>], exceptions: Option<&str>, flags: &[&str]) -> (i32, String, String) {
    let place = tempfile::tempdir().unwrap();
    layout(&place.path().join("layout"), layers);
    let mut command = Command::cargo_bin("sage-oci").unwrap();
    command
        .current_dir(&place)
        .env("NO_COLOR", "1")
        .env("HOME", "/home/somebody")
        .args(["lint", "./layout"])
        .args(flags);
    if let Some(text) = exceptions {
        sage_oci_files::write_atomic(place.path().join("lint.toml"), text.as_bytes()).unwrap();
        command.args(["--exceptions", "lint.toml"]);
    }
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// What is found, as `rule path`.
#[track_caller]
fn found(layers: &[Vec<Put>]) -> Vec<String> {
    let (status, out, error) = run(layers, None, &["--json"]);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{error}"));
    let mut all = Vec::new();
    for rule in report["rules"].as_array().unwrap() {
        assert!(rule["unchecked"].is_null(), "{rule}");
        for told in rule["found"].as_array().unwrap() {
            all.push(format!("{} {}", rule["rule"].as_str().unwrap(), told["path"].as_str().unwrap()));
        }
    }
    assert_eq!(status, i32::from(!all.is_empty()));
    all
}

const MODULE: &str = "usr/lib/python3/dist-packages/m.py";
const BYTE_CODE: &str = "usr/lib/python3/dist-packages/__pycache__/m.cpython-311.pyc";
const SOURCE: &str = "x = 1\n";

/// Byte-code of Python 3.11 that is never looked at, of [`SOURCE`] (`importlib.util.source_hash`).
fn byte_code() -> Vec<u8> {
    let mut bytes = vec![0xa7, 0x0d, b'\r', b'\n', 1, 0, 0, 0];
    bytes.extend([0x4c, 0x03, 0x72, 0xaa, 0x93, 0xf7, 0x52, 0x52]);
    bytes.extend(b"code");
    bytes
}

/// An image in which all is well: a package with a module, a program with its library, a diverted file, an alternative.
fn clean() -> Vec<Put> {
    let sums = format!(
        "{}  {MODULE}\n{}  usr/bin/diverted\n",
        "3253b41059cac6e987c5a5e9233ea5d0", "0cc175b9c0f1b6a831c399e269772661"
    );
    let library = sage_oci_files::read("/lib/x86_64-linux-gnu/libc.so.6").unwrap();
    let loader = sage_oci_files::read("/lib64/ld-linux-x86-64.so.2").unwrap();
    let program = sage_oci_files::read("/bin/true").unwrap();
    let paths = [
        "/etc/passwd",
        "/etc/group",
        "/etc/shadow",
        "/usr/bin/true",
        "/usr/lib/x86_64-linux-gnu/libc.so.6",
        "/tmp",
        "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
        "/usr/lib/python3/dist-packages/m.py",
        "/lib",
        "/usr/bin/diverted",
        "/usr/bin/editor-a",
    ];
    vec![
        file("etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
        file("etc/group", "root:x:0:\n"),
        file("etc/shadow", format!("root:*:{DAY}:0:99999:7:::\nsage:*:{DAY}:0:99999:7:::\n")).mode(0o640),
        folder("tmp").mode(0o1777),
        link("lib", "usr/lib"),
        file("usr/bin/true", program).mode(0o755),
        file("usr/lib/x86_64-linux-gnu/libc.so.6", library),
        file("usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", loader),
        file(MODULE, SOURCE),
        file(BYTE_CODE, byte_code()),
        file("usr/bin/diverted", "b"),
        file("usr/bin/diverted.distrib", "a"),
        file("usr/bin/editor-a", "e"),
        link("etc/alternatives/editor", "/usr/bin/editor-a"),
        link("usr/bin/editor", "/etc/alternatives/editor"),
        file("var/lib/dpkg/alternatives/editor", "auto\n/usr/bin/editor\n\n/usr/bin/editor-a\n10\n"),
        file("var/lib/dpkg/diversions", "/usr/bin/diverted\n/usr/bin/diverted.distrib\nlocal\n"),
        file("var/lib/dpkg/status", "Package: p\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n"),
        file("var/lib/dpkg/info/p.list", paths.join("\n") + "\n"),
        file("var/lib/dpkg/info/p.md5sums", sums),
    ]
}

fn with(put: Put) -> Vec<Put> {
    let mut all = clean();
    all.retain(|known| known.entry.path != put.entry.path);
    all.push(put);
    all
}

#[test]
fn nothing_is_found_where_all_is_well() {
    assert_eq!(found(&[clean()]), [""; 0]);
    let (status, out, error) = run(&[clean()], None, &[]);
    assert_eq!(status, 0);
    assert!(out.starts_with("./layout: clean: 0 found, 0 allowed ("), "{out}");
    assert!(error.contains("no exceptions: it is no image of this project"), "{error}");
}

#[test]
fn each_rule_has_an_image_that_breaks_it() {
    let key = format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n", "A".repeat(64));
    let store = format!("x/nix/store/{}-glibc/lib", "0".repeat(32));
    let cases = [
        ("identity", file("etc/machine-id", "0123456789abcdef0123456789abcdef\n")),
        ("log", file("var/log/dpkg.log", "line\n")),
        ("leftover", file("var/cache/apt/pkgcache.bin", "cache")),
        ("private-key", file("etc/ssl/private/host.key", key)),
        ("shadow-day", file("etc/shadow", "root:*:19676:0:99999:7:::\n").mode(0o640)),
        ("shadow-day", file("etc/shadow", "root:*:19675:0:99999:7:::\nx:*:19674:0:::::\n").mode(0o640)),
        ("set-id", file("usr/bin/editor-a", "e").mode(0o4755)),
        ("set-id", file("usr/bin/editor-a", "e").mode(0o755).xattr("security.capability")),
        ("world-writable", file("usr/bin/editor-a", "e").mode(0o666)),
        ("world-writable", folder("tmp").mode(0o777)),
        ("unknown-owner", file("usr/bin/editor-a", "e").of(7, 0)),
        ("unknown-owner", file("usr/bin/editor-a", "e").of(0, 7)),
        ("dangling-link", link("usr/bin/editor-a", "nowhere")),
        ("store-path", file("usr/bin/editor-a", store)),
        ("build-path", file("usr/bin/editor-a", "made in /home/somebody/src")),
        ("build-path", file("usr/bin/editor-a", "made in /build/src")),
        ("altered", file("usr/bin/diverted.distrib", "c")),
        ("unowned", file("opt/x", "x")),
        ("unowned", folder("opt")),
    ];
    for (rule, put) in cases {
        let path = format!("{rule} /{}", put.entry.path);
        let all = found(&[with(put)]);
        assert!(all.contains(&path), "{path}: {all:?}");
    }
}

#[test]
fn what_everybody_has_or_what_engines_bring_is_not_found() {
    for put in [
        file("etc/machine-id", ""),
        file("etc/machine-id", "uninitialized\n"),
        link("etc/mtab", "/proc/mounts"),
        file("usr/bin/editor-a", "/nix/store/ is a folder, and so is /usr/src/build/x"),
        // Owned by what it was made of.
        file("usr/bin/editor-a", "-----BEGIN PRIVATE KEY-----\nand so on"),
    ] {
        let path = format!("/{}", put.entry.path);
        let all = found(&[with(put)]);
        assert!(all.iter().all(|one| one.starts_with("unowned") || !one.ends_with(&path)), "{path}: {all:?}");
    }
}

#[test]
fn a_text_at_the_border_of_two_pieces_is_found() {
    let store = format!("/nix/store/{}-glibc/lib", "0".repeat(32));
    for before in (0..80).map(|less| (256 << 10) + 512 - less).chain([256 << 10, 2 * (256 << 10)]) {
        let text = format!("{}{store}", "x".repeat(before));
        let all = found(&[with(file("usr/bin/editor-a", text))]);
        assert!(all.contains(&"store-path /usr/bin/editor-a".to_owned()), "{before}: {all:?}");
    }
}

#[test]
fn libraries_are_found_as_the_loader_does() {
    let without = |path: &str| clean().into_iter().filter(|put| put.entry.path.as_str() != path).collect::<Vec<_>>();
    let all = found(&[without("usr/lib/x86_64-linux-gnu/libc.so.6")]);
    assert!(all.contains(&"missing-library /usr/bin/true".to_owned()), "{all:?}");
    // Of another machine.
    let mut other = sage_oci_files::read("/lib/x86_64-linux-gnu/libc.so.6").unwrap();
    other[18] = 183;
    let all = found(&[with(file("usr/lib/x86_64-linux-gnu/libc.so.6", other))]);
    assert!(all.contains(&"missing-library /usr/bin/true".to_owned()), "{all:?}");
    // Its headers lead nowhere.
    let mut broken = sage_oci_files::read("/bin/true").unwrap();
    broken.truncate(4096);
    let all = found(&[with(file("usr/bin/true", broken).mode(0o755))]);
    assert!(all.contains(&"missing-library /usr/bin/true".to_owned()), "{all:?}");
}

#[test]
fn byte_code_is_held_against_its_source_whichever_comes_first() {
    let other = with(file(MODULE, "x = 2\n"));
    let stale = format!("stale-byte-code /{BYTE_CODE}");
    assert!(found(&[other]).contains(&stale));
    // The module in a layer above its byte-code, so that it is read first.
    let all = found(&[clean(), vec![file(MODULE, "x = 2\n")]]);
    assert!(all.contains(&stale), "{all:?}");
    assert_eq!(found(&[clean(), vec![file(MODULE, SOURCE)]]), [""; 0]);
    let without = |path: &str| clean().into_iter().filter(|put| put.entry.path.as_str() != path).collect::<Vec<_>>();
    assert_eq!(found(&[without(BYTE_CODE)]), [format!("no-byte-code /{MODULE}")]);
    let all = found(&[without(MODULE)]);
    assert!(all.contains(&stale), "{all:?}");
    // By time: the layer's own.
    let timed = |time: u64| {
        let mut bytes = vec![0xa7, 0x0d, b'\r', b'\n', 0, 0, 0, 0];
        bytes.extend((time as u32).to_le_bytes());
        bytes.extend([SOURCE.len() as u8, 0, 0, 0]);
        file(BYTE_CODE, bytes)
    };
    assert_eq!(found(&[with(timed(EPOCH))]), [""; 0]);
    assert_eq!(found(&[with(timed(EPOCH + 1))]), [stale]);
}

#[test]
fn exceptions_have_reasons_and_go_when_nothing_needs_them() {
    let allow =
        |path: &str| format!("version = 1\n[[allow]]\nrule = \"set-id\"\npaths = [\"{path}\"]\nreason = \"as sudo\"\n");
    let image = [with(file("usr/bin/editor-a", "e").mode(0o4755))];
    let (status, out, _) = run(&image, Some(&allow("/usr/bin/editor-*")), &["--all"]);
    assert_eq!(status, 0, "{out}");
    assert!(
        out.contains("set-id, allowed: 1\n  1 because as sudo\n    /usr/bin/editor-a (p): mode 4755, of 0:0\n"),
        "{out}"
    );
    let (status, out, _) = run(&[clean()], Some(&allow("/usr/bin/editor-*")), &[]);
    assert_eq!(status, 1);
    assert!(out.contains("set-id: the exception `/usr/bin/editor-*` names nothing"), "{out}");
    let (status, _, error) = run(&image, Some("version = 1\n[[allow]]\nrule = \"x\"\n"), &[]);
    assert_eq!(status, 2);
    assert!(error.contains("lint.toml") && error.contains("the rules are identity"), "{error}");
}

#[test]
fn what_cannot_be_checked_is_told_and_not_clean() {
    let (status, out, _) = run(&[vec![file("etc/passwd", "root:x:0:0::/root:/bin/sh\n")]], None, &[]);
    assert_eq!(status, 1, "{out}");
    for line in
        ["unowned: not checked: the image has no package database", "unknown-owner: not checked: the image has no"]
    {
        assert!(out.contains(line), "{out}");
    }
    assert!(out.contains(", 3 rules not checked)"), "{out}");
}

#[test]
fn a_layer_with_another_byte_is_no_layer() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("layout");
    layout(&folder, &[clean()]);
    let blobs = folder.join("blobs/sha256");
    let size = |path: &std::path::PathBuf| sage_oci_files::metadata(path).unwrap().len();
    let largest = sage_oci_files::list(&blobs).unwrap().into_iter().max_by_key(size).unwrap();
    let mut bytes = sage_oci_files::read(&largest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    sage_oci_files::write_atomic(&largest, &bytes).unwrap();
    let output =
        Command::cargo_bin("sage-oci").unwrap().current_dir(&place).args(["lint", "./layout"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(output.stdout.is_empty());
    assert!(error.contains("sha256:"), "{error}");
}

#[test]
fn the_projects_own_exceptions_can_be_read() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../nix/lint.toml");
    sage_oci_lint::Exceptions::parse(&sage_oci_files::read_to_string(file).unwrap()).unwrap();
}
