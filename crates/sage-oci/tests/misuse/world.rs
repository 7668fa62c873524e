use assert_cmd::cargo::cargo_bin;
use sage_oci_fake_mirror::Mirror;
use sage_oci_fake_suite::{Compression, Package, Suite, key_armored};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The payload of an image that takes a while to build and to send: it does not compress.
pub const HEAVY: usize = 8 << 20;

/// A project with one tiny image, the mirror of its one channel, and a cache and state of its own.
pub struct World {
    pub folder: tempfile::TempDir,
    pub mirror: Mirror,
    /// The image's name, which no other test has; so it is its own in the engine, too.
    pub image: String,
}

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Said {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the command writes text");
        Self { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Said {
    /// It could not check: status 2, nothing on standard output, one error that holds every one of these texts.
    #[track_caller]
    pub fn refused(&self, texts: &[&str]) -> &Self {
        assert_eq!((self.status, self.stdout.as_str()), (Some(2), ""), "{}", self.stderr);
        let error = self.stderr.find("error: ").map(|at| &self.stderr[at..]).unwrap_or_default();
        for text in texts {
            assert!(error.contains(text), "no `{text}` in:\n{}", self.stderr);
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }

    /// The same, with what to do next.
    #[track_caller]
    pub fn refused_with_hint(&self, texts: &[&str], hint: &str) {
        self.refused(texts);
        let said = self.stderr.lines().find_map(|line| line.strip_prefix("hint: "));
        assert!(said.is_some_and(|said| said.contains(hint)), "no hint `{hint}` in:\n{}", self.stderr);
    }

    /// It went well; gives the bare line on standard output.
    #[track_caller]
    pub fn fine(&self) -> &str {
        assert_eq!(self.status, Some(0), "{}", self.stderr);
        self.stdout.trim_end()
    }
}

/// The one package of a tiny image: a program that runs, and so many bytes that do not compress.
///
/// The program's first argument says what it does; see [`sage_oci_fake_image::program`]. No other image has these bytes.
pub fn app(name: &str, bulk: usize) -> Package {
    Package::new("app", "1.0-1")
        .compression(Compression::Plain)
        .file("usr/bin/tiny", 0o755, sage_oci_fake_image::program())
        .file("usr/share/app/name", 0o644, name)
        .file("usr/share/app/bulk", 0o644, noise(name, bulk))
}

/// A suite of some packages, with the one that every image must have: whose `ldconfig` the library cache equals.
pub fn suite(packages: impl IntoIterator<Item = Package>) -> Suite {
    let libc = Package::new("libc-bin", "2.41-1").essential().file("etc/ld.so.conf", 0o644, "");
    packages.into_iter().fold(Suite::new("tiny").package(libc), Suite::package)
}

/// Bytes without a pattern that depend on the name alone (xorshift64*, seeded with the name's FNV-1a hash).
fn noise(name: &str, length: usize) -> Vec<u8> {
    let seed = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut state = seed | 1;
    let words = std::iter::repeat_with(move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    });
    words.take(length.div_ceil(8)).flat_map(u64::to_le_bytes).take(length).collect()
}

impl World {
    /// A world whose image holds the package `app` with so many bytes that do not compress.
    pub fn new(purpose: &str, bulk: usize) -> Self {
        Self::with(purpose, |name| suite([app(name, bulk)]))
    }

    /// A world with another suite; it should hold a package `app`. The image's name tells runs apart.
    pub fn with(purpose: &str, suite: impl FnOnce(&str) -> Suite) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let run = sage_oci_engine::RunId::unique();
        let image = format!("misuse-{purpose}-{}", run.as_str());
        suite(&image).write_to(folder.path().join("mirror")).unwrap();
        let mirror = Mirror::serve(folder.path().join("mirror")).unwrap();
        let world = Self { folder, mirror, image };
        for folder in ["locks", "census", "images/files"] {
            sage_oci_files::create_dir_all(world.project().join("nix").join(folder)).unwrap();
        }
        world.write("keys/test.asc", key_armored());
        world.write("images/tiny.toml", &world.definition());
        world.write(&format!("images/checks/{}.toml", world.image), CHECKS);
        world.write("channels/tiny.toml", &world.channel());
        world
    }

    /// The checkout.
    pub fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// Where downloads are kept.
    pub fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// Where the channel's lock goes.
    pub fn lock_path(&self) -> PathBuf {
        self.project().join("nix/locks/tiny.json")
    }

    /// Writes a file below the project's `nix` folder.
    pub fn write(&self, below: &str, text: &str) {
        let path = self.project().join("nix").join(below);
        sage_oci_files::create_dir_all(path.parent().unwrap()).unwrap();
        sage_oci_files::write_atomic(&path, text.as_bytes()).unwrap();
    }

    /// The image's definition.
    pub fn definition(&self) -> String {
        DEFINITION.replace("NAME", &self.image)
    }

    /// The channel's definition.
    pub fn channel(&self) -> String {
        CHANNEL.replace("MIRROR", &self.mirror.url())
    }

    /// Changes a file of the mirror.
    pub fn spoil(&self, below: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.folder.path().join("mirror").join(below);
        let mut bytes = sage_oci_files::read(&path).unwrap();
        change(&mut bytes);
        sage_oci_files::write_atomic(&path, &bytes).unwrap();
    }

    /// The real command, on this project.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin("sage-oci"));
        self.environment(&mut command);
        command.args(arguments);
        command
    }

    /// Sets what the command reads from its environment.
    pub fn environment(&self, command: &mut Command) {
        command
            .env("NO_COLOR", "1")
            .env("SAGE_OCI_CACHE", self.cache())
            .env("SAGE_OCI_STATE", self.folder.path().join("state"))
            .env_remove("SAGE_OCI_PROJECT")
            .env_remove("SAGE_OCI_SUBSTITUTERS")
            .current_dir(self.project());
    }

    /// Runs the real command to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs a verb on the image.
    pub fn on_image(&self, verb: &str, more: &[&str]) -> Said {
        self.run(&[&[verb, &self.image], more].concat())
    }

    /// What the engine calls the image.
    pub fn reference(&self) -> String {
        format!("{}:1.0", self.image)
    }

    /// What the image's own command says in a container.
    pub fn greets(&self) -> String {
        docker(&["run", "--rm", "--network", "none", &self.reference()])
    }

    /// The engine's images and containers of this world, named or not: a label of the image tells, and containers have
    /// the labels of their image.
    pub fn in_engine(&self, list: &[&str]) -> String {
        let filter = format!("label=org.opencontainers.image.title={}", self.image);
        docker(&[list, &["--all", "--quiet", "--no-trunc", "--filter", &filter]].concat())
    }

    /// Writes the lock.
    #[track_caller]
    pub fn locked(self) -> Self {
        self.run(&["lock"]).fine();
        self
    }

    /// Nothing was written: neither a lock nor a rest of one.
    #[track_caller]
    pub fn has_no_lock(&self) {
        assert_eq!(names(&self.project().join("nix/locks")), Vec::<String>::new());
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Whatever the test has found: nothing of it stays in the engine. A second panic would hide the first one.
        let remove = |list: &str, verb: &str| {
            let filter = format!("label=org.opencontainers.image.title={}", self.image);
            let list =
                Command::new("docker").args([list, "--all", "--quiet", "--no-trunc", "--filter", &filter]).output();
            for id in list.map(|list| String::from_utf8_lossy(&list.stdout).into_owned()).unwrap_or_default().lines() {
                let _ = Command::new("docker").args([verb, "--force", id]).output();
            }
        };
        remove("ps", "rm");
        remove("images", "rmi");
    }
}

/// Runs the engine's own client, which must succeed: what an engine does not say is no empty list. Gives its standard output.
#[track_caller]
pub fn docker(arguments: &[&str]) -> String {
    client(Command::new("docker").args(arguments))
}

/// The same with a client that is made already.
#[track_caller]
pub fn client(command: &mut Command) -> String {
    let output = command.output().expect("these tests need `docker`");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// The names in a folder, sorted; none where it is not there.
pub fn names(folder: &Path) -> Vec<String> {
    let name = |path: PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    sage_oci_files::list(folder).unwrap_or_default().into_iter().map(name).collect()
}

const DEFINITION: &str = r#"format = 1
name = "NAME"
title = "NAME"
description = "made for a test"
url = "https://example.org"
licenses = "MIT"
version-of = "app"
default-channel = "tiny"
payload = ["app"]
compression = { algorithm = "zstd", level = 1 }

[packages]
wanted = [
  "app",
]

[user]
name = "me"
id = 1000
home = "/home/me"
shell = "/usr/bin/tiny"

[config]
cmd = ["/usr/bin/tiny", "echo", "hello"]

[channels.tiny]
tags = ["latest"]
"#;

const CHANNEL: &str = r#"format = 1
name = "tiny"
description = "made for a test"
mirrors = ["MIRROR"]
keys = ["test"]
suites = [{ suite = "tiny", components = ["main"] }]
"#;

const CHECKS: &str = r#"version = 1

[[check]]
name = "it greets"
command = []
stdout = { exact = "hello" }

[[check]]
name = "it sleeps"
command = ["/usr/bin/tiny", "sleep", "1"]
"#;
