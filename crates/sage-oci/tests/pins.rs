//! Pinned versions of Sage, by the real command, on a fake of the index of Python's packages.

use assert_cmd::Command;
use sage_oci_fake_mirror::{Fault, Mirror, When};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const DIGEST: &str = "51/bc/bde5771662f4b6e6c06d876b0e4198b3155b4f44c79339ea999dd5c31c7a";

/// A project with the definitions of this one, and an index.
struct World {
    project: TempDir,
    index: TempDir,
    mirror: Mirror,
}

impl World {
    fn new(files: &str) -> Self {
        let (project, index) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        for part in ["channels", "images", "keys"] {
            let to = project.path().join("nix").join(part);
            sage_oci_files::create_dir_all(to.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(root.join("nix").join(part), to).unwrap();
        }
        let mirror = Mirror::serve(index.path()).unwrap();
        let world = Self { project, index, mirror };
        world.page(&format!("{{\"meta\": {{\"api-version\": \"1.1\"}}, \"files\": [{files}]}}"));
        world
    }

    fn page(&self, text: &str) {
        let folder = self.index.path().join("simple/sagemath");
        sage_oci_files::create_dir_all(&folder).unwrap();
        sage_oci_files::write_atomic(folder.join("index.json"), text.as_bytes()).unwrap();
    }

    fn pins(&self) -> PathBuf {
        self.project.path().join("nix/versions/sage.json")
    }

    /// Exit status, standard output and standard error.
    fn lock(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::cargo_bin("sage-oci")
            .unwrap()
            .env("NO_COLOR", "1")
            .env("SAGE_OCI_PROJECT", self.project.path())
            .env("SAGE_OCI_PYPI_INDEX", format!("{}/simple", self.mirror.url()))
            .args(["lock", "--sage"])
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }
}

/// A file as the index lists it.
fn file(name: &str, url: &str, byte: char, yanked: &str) -> String {
    let sha256 = byte.to_string().repeat(64);
    format!(
        r#"{{"filename": "{name}", "url": "{url}", "size": 7, "hashes": {{"sha256": "{sha256}"}}, "yanked": {yanked}}}"#
    )
}

fn all() -> String {
    [
        file(
            "sagemath-11.0b4.tar.gz",
            &format!("../../packages/{DIGEST}/sagemath-11.0b4.tar.gz#sha256=1"),
            'a',
            "false",
        ),
        file("sagemath-11.0b10.tar.gz", "https://mirror.example/files/sagemath-11.0b10.tar.gz", 'b', "false"),
        file("sagemath-10.10.tar.gz", "https://mirror.example/files/sagemath-10.10.tar.gz", 'c', "false"),
        file("sagemath-11.0rc1.tar.gz", "x", 'd', "\"it does not start\""),
        file("sagemath-11.0-cp314-cp314-linux_x86_64.whl", "x", 'e', "false"),
        file("sagemath-11.0.post1.tar.gz", "x", 'f', "false"),
    ]
    .join(",")
}

#[test]
fn a_version_is_pinned_once_with_public_addresses() {
    let world = World::new(&all());
    let (status, stdout, stderr) = world.lock(&["11.0.beta4"]);
    assert_eq!((status, stdout), (0, format!("{}\n", world.pins().display())), "{stderr}");
    assert!(stderr.contains("Pinned 11.0.beta4: 7 bytes, sha256:aaaa"), "{stderr}");
    let accept = world.mirror.requests()[0].header("accept").map(str::to_owned);
    assert_eq!(accept.as_deref(), Some("application/vnd.pypi.simple.v1+json"));
    let text = sage_oci_files::read_to_string(world.pins()).unwrap();
    let address = format!("https://files.pythonhosted.org/packages/{DIGEST}/sagemath-11.0b4.tar.gz\"");
    assert!(text.contains(&address), "{text}");

    let (status, _, stderr) = world.lock(&["11.0.beta4"]);
    assert!(status == 0 && stderr.contains("Unchanged"), "{stderr}");
    assert_eq!(sage_oci_files::read_to_string(world.pins()).unwrap(), text);

    // The newest, from a mirror that has files at paths of its own.
    assert_eq!(world.lock(&[]).0, 0);
    let text = sage_oci_files::read_to_string(world.pins()).unwrap();
    assert!(
        text.contains("https://files.pythonhosted.org/packages/source/s/sagemath/sagemath-11.0b10.tar.gz\""),
        "{text}"
    );
    assert!(!text.contains("mirror.example") && !text.contains("127.0.0.1"), "{text}");
}

#[test]
fn other_bytes_under_a_pinned_version_are_an_error() {
    let world = World::new(&all());
    assert_eq!(world.lock(&["11.0.beta4"]).0, 0);
    let before = sage_oci_files::read_to_string(world.pins()).unwrap();
    world.page(&format!("{{\"files\": [{}]}}", file("sagemath-11.0b4.tar.gz", "x", '1', "false")));
    let (status, _, stderr) = world.lock(&["11.0.beta4"]);
    assert!(status == 2 && stderr.contains(&"a".repeat(64)) && stderr.contains(&"1".repeat(64)), "{stderr}");
    assert_eq!(sage_oci_files::read_to_string(world.pins()).unwrap(), before);
}

#[test]
fn newer_versions_are_told() {
    let world = World::new(&all());
    assert_eq!(world.lock(&["11.0.beta4"]).0, 0);
    let (status, stdout, _) = world.lock(&["--check"]);
    assert_eq!((status, stdout.as_str()), (1, "newest pinned version: 11.0.beta4; newer: 1\n+ 11.0.beta10\n"));
    let (status, stdout, _) = world.lock(&["--check", "--json"]);
    assert!(status == 1 && stdout.contains("\"newer\": [\n    \"11.0.beta10\"\n  ]"), "{stdout}");
    assert_eq!(world.lock(&["11.0.beta10"]).0, 0);
    let (status, stdout, _) = world.lock(&["--check"]);
    assert_eq!((status, stdout.as_str()), (0, "11.0.beta10 is pinned, and no version is newer\n"));
}

#[test]
fn what_cannot_be_pinned_says_why_and_writes_nothing() {
    let world = World::new(&all());
    for (version, said) in [
        ("11.0.beta5", "no version 11.0.beta5; the newest are 11.0.beta10, 11.0.beta4, 10.10"),
        ("11.0.rc1", "taken back by its makers: it does not start"),
        ("11.0", "no source archive"),
        ("latest", "`latest`"),
    ] {
        let (status, _, stderr) = world.lock(&[version]);
        assert!(status == 2 && stderr.contains(said), "{version}: {stderr}");
    }
    world.page("<!DOCTYPE html>");
    let (status, _, stderr) = world.lock(&["11.0.beta4"]);
    assert!(status == 2 && stderr.contains("simple API in JSON"), "{stderr}");
    world.mirror.on("/simple/*", When::Always, Fault::Status(404));
    let (status, _, stderr) = world.lock(&["11.0.beta4"]);
    assert!(status == 2 && stderr.contains("has no project `sagemath`"), "{stderr}");
    world.mirror.behave();
    world.mirror.on("/simple/*", When::Always, Fault::Status(403));
    let (status, _, stderr) = world.lock(&["11.0.beta4"]);
    assert!(status == 2 && stderr.contains("status 403") && !stderr.contains("snapshot.debian.org"), "{stderr}");
    assert!(!sage_oci_files::exists(world.pins()).unwrap());
}
