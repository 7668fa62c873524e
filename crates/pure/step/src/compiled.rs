//! Steps that compile: a folder with programs and libraries, what is run in it, and the layer of what came out.

use crate::{Interpreter, LayerPackage, Sealing};
use sage_oci_effects::OwnedEffect;
use sage_oci_names::LayerName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A folder into which packages are unpacked, for programs to run in as if it were `/`.
///
/// No script runs. The folder may lie anywhere, too: a link to an absolute path leads to it from where the link is. What of
/// `effects` makes links (alternatives) is made; owners, set-id bits and times are lost, as in any
/// store path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootStep {
    /// The packages, sorted by name.
    pub packages: Vec<LayerPackage>,
    /// Effects of these packages that make links, in order.
    pub effects: Vec<OwnedEffect>,
    /// Globs of paths that are not unpacked (dpkg's `path-exclude`).
    pub exclude: Vec<String>,
    /// Globs that win over `exclude` (dpkg's `path-include`).
    pub include: Vec<String>,
    /// Symbolic links beside what packages bring: target by absolute path.
    pub links: BTreeMap<String, String>,
    /// A program of the root that is run once in it, to prepare it (as for byte-code), and its arguments; the root can be
    /// written then. Empty for none.
    pub prepare: Vec<String>,
}

/// Commands that run in a root, over files that are laid out for them; what they are to make is kept.
///
/// The root is `/`, and cannot be written but for `/tmp` and the folders of `files`. Nothing else of the machine is there
/// but the kernel, `/dev` and `/proc`: no network, no home, one fixed environment. So the same inputs lie at the same
/// paths on every machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunStep {
    /// The `out` output of the root.
    pub root: String,
    /// Folders beside the root, each at its place (absolute, with one name, as `/sysroot`): store paths. They cannot be written.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mounts: BTreeMap<String, String>,
    /// What an error calls the work, as `sage.rings.integer`.
    pub subject: String,
    /// The one folder that can be written, absolute, as `/build`; the root does not have it.
    pub folder: String,
    /// Files by path below `folder`: the store path of each one's content, a regular file.
    pub files: BTreeMap<String, String>,
    /// Paths below `folder` of files that are there and empty.
    pub empty: BTreeSet<String>,
    /// Paths below `folder` of folders that are there, beside those of files.
    pub folders: BTreeSet<String>,
    /// Environment, beside the fixed one.
    pub env: BTreeMap<String, String>,
    /// Where the commands are run, below `folder`.
    pub directory: String,
    /// What is run. Commands that need nothing of each other are run side by side, as many as the step may use processors; none
    /// is begun after one that failed.
    pub commands: Vec<RunCommand>,
    /// Files and folders below `folder` that are kept: the path in the output of each.
    pub keep: BTreeMap<String, String>,
    /// Lists of what was read, as `cython -M` and `cc -MD` write them for make: by their path below `folder`, the files below
    /// `folder` that it must name, no more and no fewer.
    pub reads: BTreeMap<String, BTreeSet<String>>,
}

/// A command of a [`RunStep`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunCommand {
    /// A line for the root's `/bin/sh -c`.
    pub line: String,
    /// The commands, by their place in the list, whose results it needs; all stand before it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<usize>,
}

/// One layer of files that are laid over what is below: what a source tree changes in a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverlayStep {
    /// The layer's name.
    pub name: LayerName,
    /// Timestamp and compression.
    pub sealing: Sealing,
    /// Files by absolute path in the image; owned by root.
    pub files: BTreeMap<String, OverlayFile>,
    /// Absolute paths that are taken away (whiteouts); each is there below. In a layer of byte-code the modules whose byte-code is
    /// taken away, where there is any.
    pub removed: BTreeSet<String>,
    /// Of `files`, the byte-code of modules (`.py`) is made with this, and nothing else of them: a layer has the modules or
    /// their byte-code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytecode: Option<Interpreter>,
    /// `contents` outputs of all layers that it is laid over, bottom first.
    pub contents: Vec<String>,
}

/// A file of an overlay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverlayFile {
    /// Where its content is: a store path, or a path below one.
    pub source: String,
    /// Whether it may be executed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub executable: bool,
}

/// One layer with a git work tree of a commit that stands elsewhere, too.
///
/// The commit keeps its name: the objects are those of its repository, and the step fails where the files do not make the
/// commit's tree. History behind it is left out (git's "shallow"). `refs/sage-oci/built` stays at the commit when branches
/// move on, for what is installed was compiled of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckoutStep {
    /// The layer's name.
    pub name: LayerName,
    /// Timestamp and compression.
    pub sealing: Sealing,
    /// The commit's files: a store path, an uncompressed tar of them without a folder above, as `sage_oci_git::write_files`
    /// writes it.
    pub tree: String,
    /// Submodules, which a tar cannot tell: the commit of each by its path. They are empty folders, as after `git clone`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub submodules: BTreeMap<String, String>,
    /// The commit object without git's header, a store path.
    pub commit: String,
    /// Where the tree lies, absolute.
    pub path: String,
    /// The number of the user and group that own it.
    pub owner: u32,
    /// The branch that is checked out; none for a detached HEAD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The address of the remote `origin`, if there is one; without a password, for everybody can read the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The reference of `origin` that was found to be the commit, in full, as `refs/heads/develop` or `refs/pull/1/head`: the
    /// branch follows it (`git pull`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// `contents` outputs of layers that the folders above `path` may come from, bottom first.
    pub contents: Vec<String>,
}
