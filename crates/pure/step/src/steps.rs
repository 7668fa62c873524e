use crate::{
    CheckoutStep, ClosureImageStep, ClosureLayerStep, ClosureStep, ClosureTopStep, Interpreter, LayerPackage,
    OverlayStep, RootStep, RunStep, Sealing,
};
use sage_oci_effects::{Mode, OwnedEffect};
use sage_oci_names::{Architecture, ImageName, LayerName, PackageName, Sha256};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What one derivation does. Every path in it is a store path, or below one, or a path in the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Downloads archives into a folder (a fixed-output derivation; output `out`).
    Fetch(FetchStep),
    /// Turns archives into one layer (outputs `out` and `contents`).
    Layer(LayerStep),
    /// Compiles Python modules into one layer (outputs `out` and `contents`).
    Bytecode(BytecodeStep),
    /// Writes one layer of generated files (outputs `out` and `contents`).
    Generate(GenerateStep),
    /// Turns a source archive into one layer with a git work tree (outputs `out` and `contents`).
    Source(SourceStep),
    /// Installs a Python wheel into one layer (outputs `out` and `contents`).
    Wheel(WheelStep),
    /// Unpacks packages into a folder that programs run in (output `out`).
    Root(RootStep),
    /// Runs commands in a root and keeps what they make (output `out`).
    Run(RunStep),
    /// Lays files over what is below, in one layer (outputs `out` and `contents`).
    Overlay(OverlayStep),
    /// Lays out a commit as a git work tree, in one layer (outputs `out` and `contents`).
    Checkout(CheckoutStep),
    /// Joins layers to an OCI layout (output `out`).
    Image(ImageStep),
    /// Joins images of several architectures to one OCI layout (output `out`).
    Index(IndexStep),
    /// Makes a folder of symbolic links (output `out`).
    Links(LinksStep),
    /// Turns a Nix closure into a whole image (output `out`).
    Closure(ClosureStep),
    /// Turns store paths into one layer (output `out`).
    ClosureLayer(ClosureLayerStep),
    /// Writes a closure image's own files into one layer (output `out`).
    ClosureTop(ClosureTopStep),
    /// Joins layers of store paths to an OCI layout (output `out`).
    ClosureImage(ClosureImageStep),
}

/// Archives to fetch, all of one layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchStep {
    /// Mirror roots, tried in order, of files that name none of their own.
    pub mirrors: Vec<String>,
    /// The files, sorted by name.
    pub files: Vec<FetchFile>,
}

impl FetchStep {
    /// The files by the mirrors that they come from.
    pub fn by_mirrors(&self) -> BTreeMap<&[String], Vec<&FetchFile>> {
        let mut all: BTreeMap<&[String], Vec<&FetchFile>> = BTreeMap::new();
        for file in &self.files {
            let mirrors = if file.mirrors.is_empty() { &self.mirrors } else { &file.mirrors };
            all.entry(mirrors).or_default().push(file);
        }
        all
    }
}

/// One archive to fetch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchFile {
    /// Name in the output folder.
    pub name: String,
    /// Path below a mirror's root.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
    /// Mirror roots of this file, where they are not those of the step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mirrors: Vec<String>,
}

/// One layer of unpacked packages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerStep {
    /// The layer's name.
    pub name: LayerName,
    /// Timestamp and compression.
    pub sealing: Sealing,
    /// The packages, sorted by name; written in this order.
    pub packages: Vec<LayerPackage>,
    /// The layer is the lowest: it begins with the root's merged-/usr links.
    pub base: bool,
    /// Metadata that scripts of this layer's packages would change, and diversions by any package of the lock.
    pub effects: Vec<OwnedEffect>,
    /// User names of the image and their numbers; owners in archives are resolved by name first, as dpkg does.
    pub users: BTreeMap<String, u32>,
    /// Group names of the image and their numbers.
    pub groups: BTreeMap<String, u32>,
    /// Globs of paths that are not unpacked (dpkg's `path-exclude`).
    pub exclude: Vec<String>,
    /// Globs that win over `exclude` (dpkg's `path-include`).
    pub include: Vec<String>,
    /// Absolute paths in the image that are not unpacked either, whatever `include` says: a layer above brings them, or nothing
    /// does any longer. Each is a file or link of one of the packages. dpkg's database has them all the same, as if they were there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub left_out: BTreeSet<String>,
}

/// One layer of Python byte-code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BytecodeStep {
    /// The layer's name.
    pub name: LayerName,
    /// Timestamp and compression.
    pub sealing: Sealing,
    /// The Python that compiles.
    pub interpreter: Interpreter,
    /// The packages whose modules are compiled, sorted by name.
    pub packages: Vec<BytecodePackage>,
    /// Globs of paths that are not unpacked (dpkg's `path-exclude`).
    pub exclude: Vec<String>,
    /// Globs that win over `exclude` (dpkg's `path-include`).
    pub include: Vec<String>,
    /// Modules, absolute, whose byte-code the layer lacks. They are compiled with the others all the same: what is compiled
    /// together shows in the bytes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub left_out: BTreeSet<String>,
}

/// A package whose modules are compiled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BytecodePackage {
    /// Its name.
    pub name: PackageName,
    /// The archive.
    pub archive: String,
    /// Directories below which `.py` files are compiled, absolute.
    pub directories: Vec<String>,
    /// Paths that are not unpacked from it.
    pub replaced: BTreeMap<String, PackageName>,
}

/// One layer of generated files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerateStep {
    /// The layer's name.
    pub name: LayerName,
    /// Timestamp and compression.
    pub sealing: Sealing,
    /// The image's architecture.
    pub architecture: Architecture,
    /// What is generated.
    #[serde(flatten)]
    pub generate: GenerateKind,
    /// The `contents` outputs of the package layers, bottom first.
    pub contents: Vec<String>,
    /// The image that lies below, if the image extends one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<Above>,
    /// Archives that the effects take files from.
    pub archives: BTreeMap<PackageName, String>,
    /// The effects that concern this kind, in order.
    pub effects: Vec<OwnedEffect>,
    /// User names and their numbers.
    pub users: BTreeMap<String, u32>,
    /// Group names and their numbers.
    pub groups: BTreeMap<String, u32>,
    /// Globs of paths that the package layers left out (dpkg's `path-exclude`).
    pub exclude: Vec<String>,
    /// Globs that win over `exclude` (dpkg's `path-include`).
    pub include: Vec<String>,
}

/// What a generated layer lies on in an image that extends another one: it holds only what differs from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Above {
    /// The `contents` outputs of all layers of the extended image, bottom first.
    pub contents: Vec<String>,
    /// That of its layer of the same kind: what stands there and is made no longer is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

/// The kinds of generated layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "generate", rename_all = "kebab-case")]
pub enum GenerateKind {
    /// `/etc/passwd`, `group`, `shadow`, `gshadow`, the user's home from `/etc/skel`, sudo rights.
    Users {
        /// The name of the image's own user; its `User` and `Group` effects are among `effects`.
        user: String,
        /// May become root without a password.
        sudo: bool,
    },
    /// `/etc/alternatives`, the generic links and dpkg's database of them.
    Alternatives,
    /// `/etc/ld.so.cache` and missing SONAME links.
    LdCache,
    /// The bundle and hashed links below `/etc/ssl/certs`.
    Certificates,
    /// Directories, links, files and copies that scripts make; PAM profiles, XML catalogs, shells.
    Configuration,
    /// dpkg's and apt's databases.
    Dpkg {
        /// Names that are installed automatically (apt's mark).
        automatic: Vec<PackageName>,
        /// Names that a stand-in provides for the packages that are left out, and the versions; empty for none.
        omitted: BTreeMap<PackageName, String>,
        /// The text of `/etc/apt/sources.list.d/debian.sources`.
        sources: String,
    },
    /// Files that the image definition places.
    Files {
        /// The files.
        files: Vec<PlacedFile>,
    },
}

/// A file, link or directory that the image definition places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedFile {
    /// Where, absolute.
    pub path: String,
    /// What.
    #[serde(flatten)]
    pub content: PlacedContent,
    /// The twelve permission bits; ignored for links.
    pub mode: Mode,
    /// The owner's name.
    pub owner: String,
    /// The group's name.
    pub group: String,
}

/// What a placed path is: where its content comes from, not yet what is at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlacedContent {
    /// A regular file with this text.
    Text(String),
    /// What a package ships at the path, changed by a patch.
    Patch {
        /// The package.
        package: PackageName,
        /// The patch; it names the one file, without the leading `/`.
        #[serde(flatten)]
        patch: SourcePatch,
    },
    /// A symbolic link with this target.
    Link(String),
    /// A directory.
    Directory(bool),
}

/// One layer with a source tree: a git work tree with one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceStep {
    /// The layer's name.
    pub name: LayerName,
    /// Timestamp and compression; the timestamp is the commit's too.
    pub sealing: Sealing,
    /// The `.tar.gz`; its one top folder is left out.
    pub archive: String,
    /// Patches, in the order in which they are applied.
    pub patches: Vec<SourcePatch>,
    /// Where the tree lies, absolute.
    pub path: String,
    /// The number of the user and group that own it.
    pub owner: u32,
    /// Author and committer, as `Name <address>`.
    pub author: String,
    /// The commit's message.
    pub message: String,
    /// The commit's tag.
    pub tag: String,
    /// `contents` outputs of layers that the folders above `path` may come from, bottom first.
    pub contents: Vec<String>,
}

/// A patch of a source tree or of a package's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourcePatch {
    /// Its file name, for errors.
    pub name: String,
    /// A unified diff behind a header that says why.
    pub text: String,
}

/// One layer with an installed Python wheel and its byte-code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WheelStep {
    /// The layer's name.
    pub name: LayerName,
    /// Timestamp and compression.
    pub sealing: Sealing,
    /// The Python that compiles; it is installed for its version.
    pub interpreter: Interpreter,
    /// The name of the Python distribution.
    pub distribution: String,
    /// Its version.
    pub version: String,
    /// The `.whl`.
    pub archive: String,
    /// Globs of installed paths that are left out.
    pub exclude: Vec<String>,
    /// Globs that win over `exclude`.
    pub include: Vec<String>,
    /// `contents` outputs of the layers that it is laid over, bottom first.
    pub contents: Vec<String>,
}

/// An OCI layout of finished layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageStep {
    /// The image's name.
    pub name: ImageName,
    /// The image's architecture.
    pub architecture: Architecture,
    /// `created` of image and history, in seconds.
    pub epoch: u64,
    /// `out` outputs of the layers, bottom first.
    pub layers: Vec<String>,
    /// The run-time configuration.
    pub config: RuntimeConfig,
    /// Annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
    /// The text of the lock, which the layout has as a blob that nothing but the annotation [`LOCK`] names.
    pub lock: String,
}

/// The annotation and label that has the digest of an image's lock.
///
/// It is here since an index of several images finds their locks by it.
pub const LOCK: &str = "org.sage-oci.lock";

/// An OCI layout of one image index over images of several architectures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexStep {
    /// The image's name.
    pub name: ImageName,
    /// The `out` output of each architecture's image.
    pub images: BTreeMap<Architecture, String>,
}

/// A folder of symbolic links: how the flake gives this program the names that `nix run` calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinksStep {
    /// Targets by path below the folder, as `bin/sage-oci`.
    pub links: BTreeMap<String, String>,
}

/// The `config` object of an OCI image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeConfig {
    /// `User`.
    pub user: String,
    /// `WorkingDir`.
    pub working_dir: String,
    /// `Env`, by name.
    pub env: BTreeMap<String, String>,
    /// `Entrypoint`; empty means none.
    pub entrypoint: Vec<String>,
    /// `Cmd`.
    pub cmd: Vec<String>,
    /// `ExposedPorts`, as `8888/tcp`.
    pub ports: Vec<String>,
    /// `Labels`.
    pub labels: BTreeMap<String, String>,
    /// `StopSignal`; empty means the default.
    pub stop_signal: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_names::{Algorithm, Compression};

    #[test]
    fn steps_with_flattened_parts_round_trip() {
        let file = |path: &str, content| PlacedFile {
            path: path.to_owned(),
            content,
            mode: Mode::new(0o755),
            owner: "root".to_owned(),
            group: "root".to_owned(),
        };
        let files = vec![
            file("/a", PlacedContent::Text("x".to_owned())),
            file("/b", PlacedContent::Link("/a".to_owned())),
            file("/c", PlacedContent::Directory(true)),
            file(
                "/d",
                PlacedContent::Patch {
                    package: PackageName::parse("hello").unwrap(),
                    patch: SourcePatch { name: "x.patch".to_owned(), text: "x".to_owned() },
                },
            ),
        ];
        let users = GenerateKind::Users { user: "me".to_owned(), sudo: true };
        for generate in [GenerateKind::Alternatives, GenerateKind::Configuration, users, GenerateKind::Files { files }]
        {
            let step = Step::Generate(GenerateStep {
                name: LayerName::parse("files").unwrap(),
                sealing: Sealing { epoch: 1, compression: Compression::usual(Algorithm::Zstd) },
                architecture: Architecture::Amd64,
                generate,
                contents: vec!["/c".to_owned()],
                above: Some(Above { contents: vec!["/b".to_owned()], replaces: None }),
                archives: BTreeMap::new(),
                effects: Vec::new(),
                users: BTreeMap::new(),
                groups: BTreeMap::new(),
                exclude: Vec::new(),
                include: Vec::new(),
            });
            let text = serde_json::to_string(&step).unwrap();
            assert_eq!(serde_json::from_str::<Step>(&text).unwrap(), step, "{text}");
        }
    }
}
