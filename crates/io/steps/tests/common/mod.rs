//! Debian packages made by `dpkg-deb`, and steps that use them.
#![allow(dead_code, reason = "every test file uses a part of it")]

use sage_oci_effects::OwnedEffect;
use sage_oci_layer::Contents;
use sage_oci_names::{Algorithm, Architecture, Compression, LayerName, PackageName, Sha256};
use sage_oci_step::{LayerPackage, LayerStep, Sealing};
use sage_oci_steps::Outputs;
use sha2::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Seconds that every test's layer is dated to.
pub const EPOCH: u64 = 1_700_000_000;

/// Runs a tool and fails the test with its name when it is missing or fails.
pub fn tool(name: &str, configure: impl FnOnce(&mut Command)) -> Output {
    let mut command = Command::new(name);
    configure(&mut command);
    let output = command.output().unwrap_or_else(|error| panic!("the test needs the tool {name}: {error}"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A package under construction.
pub struct Package {
    pub name: &'static str,
    pub control: &'static str,
    /// Path, mode and content; a path with a trailing slash is a directory, content `-> x` is a link, `=> x` a hard link.
    pub files: &'static [(&'static str, u32, &'static str)],
    /// Control files beside `control`; scripts are made executable.
    pub extra: &'static [(&'static str, &'static str)],
}

impl Package {
    /// Builds the archive `<name>.deb` in `folder`.
    pub fn build(&self, folder: &Path) -> String {
        let tree = folder.join(self.name);
        for (path, mode, content) in self.files {
            let at = tree.join(path);
            sage_oci_files::create_dir_all(at.parent().unwrap()).unwrap();
            if path.ends_with('/') {
                sage_oci_files::create_dir_all(&at).unwrap();
            } else if let Some(target) = content.strip_prefix("-> ") {
                sage_oci_files::symlink(target, &at).unwrap();
                continue;
            } else if let Some(target) = content.strip_prefix("=> ") {
                std::fs::hard_link(tree.join(target), &at).unwrap();
                continue;
            } else {
                sage_oci_files::write_atomic(&at, content.as_bytes()).unwrap();
            }
            std::fs::set_permissions(&at, std::fs::Permissions::from_mode(*mode)).unwrap();
        }
        let control = format!(
            "Package: {}\nVersion: 1.0-1\nArchitecture: amd64\nMaintainer: A <a@example.org>\n{}Description: a test\n long text\n .\n more\n",
            self.name, self.control
        );
        let debian = tree.join("DEBIAN");
        sage_oci_files::create_dir_all(&debian).unwrap();
        for (name, text) in self.extra.iter().copied().chain([("control", control.as_str())]) {
            let path = debian.join(name);
            sage_oci_files::write_atomic(&path, text.as_bytes()).unwrap();
            let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        std::fs::set_permissions(&tree, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::set_permissions(&debian, std::fs::Permissions::from_mode(0o755)).unwrap();
        let archive = folder.join(format!("{}.deb", self.name));
        tool("dpkg-deb", |command| {
            command.args(["--root-owner-group", "-Zxz", "--build"]).arg(&tree).arg(&archive);
        });
        archive.to_str().unwrap().to_owned()
    }

    /// The package as a layer step names it, with its scripts as the census would have them.
    pub fn in_step(&self, archive: String) -> LayerPackage {
        let acts = ["preinst", "postinst", "prerm", "postrm", "config", "triggers"];
        let scripts = self.extra.iter().filter(|(name, _)| acts.contains(name));
        let digest = |text: &str| Sha256::new(sha2::Sha256::digest(text.as_bytes()).into());
        LayerPackage {
            name: PackageName::parse(self.name).unwrap(),
            archive,
            scripts: scripts.map(|(name, text)| ((*name).to_owned(), digest(text))).collect(),
            replaced: BTreeMap::new(),
        }
    }
}

/// Timestamp and compression of every test's layer.
pub fn sealing() -> Sealing {
    Sealing { epoch: EPOCH, compression: Compression::usual(Algorithm::Zstd) }
}

/// A step over packages, without any rule.
pub fn step(packages: Vec<LayerPackage>) -> LayerStep {
    LayerStep {
        name: LayerName::parse("test").unwrap(),
        sealing: sealing(),
        packages,
        base: false,
        effects: Vec::new(),
        users: BTreeMap::new(),
        groups: BTreeMap::new(),
        exclude: Vec::new(),
        include: Vec::new(),
        left_out: BTreeSet::new(),
    }
}

/// Outputs below a folder.
pub fn outputs(folder: &Path) -> Outputs {
    Outputs { out: folder.join("out"), contents: Some(folder.join("contents")) }
}

/// The list of contents of a finished layer.
pub fn contents(outputs: &Outputs) -> Contents {
    Contents::read(sage_oci_files::open(outputs.contents.as_ref().unwrap()).unwrap()).unwrap()
}

/// An effect of a package.
pub fn effect(package: &str, effect: sage_oci_effects::Effect) -> OwnedEffect {
    OwnedEffect { package: PackageName::parse(package).unwrap(), effect }
}

/// The bytes of all files of a layer by their paths.
pub fn files(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let blob = sage_oci_files::open(out.join("blob")).unwrap();
    sage_oci_layer::read_layer(blob, |found, body| {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).unwrap();
        if matches!(found.kind, sage_oci_tree::EntryKind::File { .. }) {
            files.insert(found.path.to_string(), bytes);
        }
        assert_eq!(found.mtime.cast_unsigned(), EPOCH);
        Ok::<_, sage_oci_layer::LayerError>(())
    })
    .unwrap();
    files
}

/// A scratch folder below another.
pub fn scratch(folder: &Path) -> PathBuf {
    let path = folder.join("scratch");
    sage_oci_files::create_dir_all(&path).unwrap();
    path
}

/// The machine's own Python with its libraries and modules as one archive; its version.
pub fn interpreter(folder: &Path) -> (String, String) {
    let python = sage_oci_files::real_path("/usr/bin/python3").expect("the test needs Debian's python3");
    let version = python.file_name().unwrap().to_str().unwrap().strip_prefix("python").unwrap().to_owned();
    let tree = folder.join("interpreter");
    let libraries = tree.join("usr/lib").join(Architecture::host().unwrap().triplet());
    for path in [tree.join("DEBIAN"), tree.join("usr/bin"), libraries.clone()] {
        sage_oci_files::create_dir_all(path).unwrap();
    }
    let copy = |args: &[&std::ffi::OsStr]| {
        tool("cp", |command| {
            command.arg("-aL").args(args);
        })
    };
    copy(&[python.as_os_str(), tree.join("usr/bin").as_os_str()]);
    let modules = format!("/usr/lib/python{version}");
    tool("cp", |command| {
        command.args(["-a", &modules]).arg(tree.join("usr/lib"));
    });
    let listed = tool("ldd", |command| {
        command.arg(&python);
    });
    for word in String::from_utf8(listed.stdout).unwrap().split_whitespace().filter(|word| word.starts_with('/')) {
        copy(&[word.as_ref(), libraries.as_os_str()]);
    }
    let control =
        "Package: interpreter\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: x\n";
    sage_oci_files::write_atomic(tree.join("DEBIAN/control"), control.as_bytes()).unwrap();
    let archive = folder.join("interpreter.deb");
    tool("dpkg-deb", |command| {
        command.args(["--root-owner-group", "-Znone", "--build"]).arg(&tree).arg(&archive);
    });
    (archive.to_str().unwrap().to_owned(), version)
}
