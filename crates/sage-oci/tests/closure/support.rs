//! The real binary, the machine's own Nix, and paths to make images of.

use sage_oci_image::{Depth, Image, Report, validate};
use sage_oci_layer::{LayerError, read_layer};
use sage_oci_layout::LayoutDir;
use sage_oci_names::Architecture;
use sage_oci_tree::Entry;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// A folder that goes away.
pub struct Bench {
    pub folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and its folders.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        sage_oci_files::create_dir_all(path.parent().unwrap()).unwrap();
        sage_oci_files::write_atomic(&path, bytes.as_ref()).unwrap();
        path
    }

    /// Adds a file or folder to the store.
    pub fn add(&self, name: &str) -> String {
        good(nix("nix-store").arg("--add").arg(self.path(name)))
    }

    /// `sage-oci` with its state in this folder.
    pub fn sage_oci(&self, arguments: &[&str]) -> Output {
        self.sage_oci_with(arguments, "")
    }

    pub fn sage_oci_with(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(program());
        command.args(arguments).env("NO_COLOR", "1").env("SAGE_OCI_STATE", self.path("state")).envs(NIX);
        output(&mut command, input)
    }

    /// Makes an image and gives its folder.
    pub fn image(&self, arguments: &[&str]) -> PathBuf {
        PathBuf::from(text(self.sage_oci(&[&["closure"], arguments].concat())))
    }

    /// Evaluates `lib.closureImage` with these options and builds it.
    pub fn nix_image(&self, options: &str) -> Result<PathBuf, String> {
        let lib = root().join("nix/closure-image.nix");
        let expression = format!(
            "import {} {{ builder = builtins.storePath \"{}\"; system = builtins.currentSystem; }} {{ {options} }}",
            lib.display(),
            builder()
        );
        let output = output(nix("nix-build").args(["--no-out-link", "-E", &expression]), "");
        match output.status.success() {
            true => Ok(PathBuf::from(text(output))),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }
}

/// Nix alone on a machine, as Debian's `nix-bin` leaves it; harmless elsewhere.
const NIX: [(&str, &str); 1] = [("NIX_CONFIG", "substituters =")];

pub fn nix(program: &str) -> Command {
    let mut command = Command::new(program);
    command.envs(NIX);
    if !sage_oci_files::read_to_string("/etc/group").unwrap().contains("nixbld:") {
        command.args(["--option", "build-users-group", ""]);
    }
    command
}

pub fn program() -> &'static str {
    env!("CARGO_BIN_EXE_sage-oci")
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

pub fn output(command: &mut Command, input: &str) -> Output {
    let name = command.get_program().to_owned();
    let missing = |error| panic!("this test needs {}: {error}", name.display());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(missing);
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    output
}

/// Standard output of something that must succeed.
pub fn text(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub fn good(command: &mut Command) -> String {
    text(output(command, ""))
}

/// Exit status and standard error of something that must fail.
pub fn bad(output: Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stderr).unwrap()
}

/// A static program in the store that makes paths and shows files.
pub fn maker() -> &'static str {
    static MAKER: OnceLock<String> = OnceLock::new();
    MAKER.get_or_init(|| {
        let bench = Bench::new();
        sage_oci_files::create_dir_all(bench.path("maker")).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/closure/maker.c");
        good(Command::new("cc").args(["-static", "-O1", "-w", "-o"]).arg(bench.path("maker/maker")).arg(source));
        bench.add("maker")
    })
}

/// The store path of the builder that the program under test brings.
pub fn builder() -> &'static str {
    static BUILDER: OnceLock<String> = OnceLock::new();
    BUILDER.get_or_init(|| good(Command::new(program()).arg("builder").envs(NIX)))
}

/// Builds paths that refer to each other deeply, and gives the one that nothing refers to.
pub fn parts(count: usize, version: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/closure/closure.nix");
    let count = count.to_string();
    let arguments = ["--argstr", "maker", maker(), "--arg", "count", &count, "--argstr", "version", version];
    good(nix("nix-build").arg("--no-out-link").args(arguments).arg(file))
}

/// Nix's own words for the same parts.
pub fn parts_expression(count: usize) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/closure/closure.nix");
    format!("(import {} {{ maker = \"{}\"; count = {count}; }})", file.display(), maker())
}

/// Checks every byte of an image.
pub fn valid(folder: &Path) -> Report {
    validate(&LayoutDir::open(folder).unwrap(), Depth::Full).unwrap()
}

pub fn open(folder: &Path) -> Image {
    Image::open(&LayoutDir::open(folder).unwrap(), Architecture::host().unwrap()).unwrap()
}

/// The digests of an image's layers, bottom first.
pub fn layers(folder: &Path) -> Vec<String> {
    open(folder).layers.iter().map(|layer| layer.descriptor.digest.to_string()).collect()
}

/// Every entry of an image with its bytes, and how often each path comes.
pub fn entries(folder: &Path) -> BTreeMap<String, (Entry, Vec<u8>, usize)> {
    let mut all: BTreeMap<String, (Entry, Vec<u8>, usize)> = BTreeMap::new();
    for digest in layers(folder) {
        let blob = sage_oci_files::open(folder.join("blobs/sha256").join(&digest["sha256:".len()..])).unwrap();
        read_layer(blob, |found, body| {
            let mut bytes = Vec::new();
            body.read_to_end(&mut bytes)?;
            assert_eq!(found.mtime, 1);
            let known = all.get(found.path.as_str()).map_or(0, |known| known.2);
            all.insert(found.path.to_string(), (found.clone(), bytes, known + 1));
            Ok::<_, LayerError>(())
        })
        .unwrap();
    }
    all
}
