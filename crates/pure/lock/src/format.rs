use sage_oci_effects::OwnedEffect;
use sage_oci_names::{Architecture, ChannelName, DebVersion, ImageName, LayerName, PackageName, Sha256, SourceName};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The format that this program writes. Format 1, whose suites share their mirrors, is read as well.
pub const FORMAT: u64 = 2;

/// Everything that determines the bytes of a channel's images, beside their definitions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The format, [`FORMAT`]; an older lock has been brought to it when it was read.
    pub format: u64,
    /// The channel that was locked.
    pub channel: ChannelName,
    /// The machine architecture of the packages.
    pub architecture: Architecture,
    /// The one timestamp of every file and document, in seconds: the newest index date.
    pub epoch: u64,
    /// The suites that the packages come from, in the order of their precedence: of equal archives that of the first counts.
    pub suites: Vec<SuitePin>,
    /// The images and the layers that each is made of, bottom first.
    pub images: BTreeMap<ImageName, ImagePlan>,
    /// Package layers, bottom first, in the order in which images stack them.
    pub layers: Vec<LockedLayer>,
    /// Every package, sorted by name.
    pub packages: Vec<LockedPackage>,
    /// Packages that dependencies ask for and the definition leaves out, sorted by name.
    pub omitted: Vec<Omitted>,
    /// What maintainer scripts would do, in the order in which it is applied (packages in configuration order).
    pub effects: Vec<OwnedEffect>,
    /// Pythons of other machine architectures: with these, such machines compile the image's byte-code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub interpreters: BTreeMap<Architecture, LockedInterpreter>,
    /// Compilers for this lock's architecture that run on machines of other ones: with these, such machines compile what a commit
    /// changes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub compilers: BTreeMap<Architecture, LockedCompilers>,
}

/// One signed suite, as it was when the lock was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuitePin {
    /// The suite's name on the mirror, as `sid`.
    pub suite: String,
    /// Roots of its mirrors, in the order in which they are tried.
    pub mirrors: Vec<String>,
    /// The channel says that its updates mend security holes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub security: bool,
    /// `Date` of the release file, RFC 3339 in UTC.
    pub date: String,
    /// `Valid-Until`, where the suite has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// The index was past its `Valid-Until` and taken because the person said so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
    /// The index is older than one that a lock had before, which was of this date, and taken because the person said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_than: Option<String>,
    /// Digest of the whole `InRelease` file.
    pub inrelease: Sha256,
    /// Fingerprints of the keys whose signatures were good.
    pub signers: Vec<String>,
    /// The package indexes that were read.
    pub indexes: Vec<IndexPin>,
}

/// One package index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexPin {
    /// Path below the suite's folder.
    pub path: String,
    /// Its digest in the release file.
    pub sha256: Sha256,
}

/// An image's place in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagePlan {
    /// The version that tags and labels carry, without epoch and Debian revision.
    pub version: String,
    /// The image whose layers lie below those that are named here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<ImageName>,
    /// Packages of the extended image that this one asks for by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted: Vec<PackageName>,
    /// Names of its package layers, bottom first.
    pub layers: Vec<LayerName>,
    /// Byte-code layers: name, and the package layers whose modules each holds, bottom first.
    pub bytecode: BTreeMap<LayerName, Vec<LayerName>>,
    /// Archives of source trees and Python wheels by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, LockedSource>,
}

/// The archive of a source tree or a Python wheel, which the definition describes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedSource {
    /// The archive's digest, as in the definition.
    pub sha256: Sha256,
    /// The fixed output that holds it alone.
    pub fetch: FetchGroup,
}

/// A package layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedLayer {
    /// Its name.
    pub name: LayerName,
    /// The source packages that are assigned to it, sorted; kept so that the plan stays put.
    pub sources: BTreeSet<SourceName>,
    /// The fixed-output fetch of its archives.
    pub fetch: FetchGroup,
}

/// The fixed output that holds archives: a folder with one file each, `<name>_<version>_<arch>.deb` for a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchGroup {
    /// SHA-256 of the folder's NAR.
    pub nar_sha256: Sha256,
    /// Sum of the archives' sizes in bytes.
    pub size: u64,
}

/// One pinned package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPackage {
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: DebVersion,
    /// `amd64`, `arm64` or `all`, as in the index.
    pub architecture: String,
    /// Its source package.
    pub source: SourceName,
    /// The archive's digest.
    pub sha256: Sha256,
    /// The archive's size in bytes.
    pub size: u64,
    /// `Installed-Size`, in KiB.
    pub installed_size: u64,
    /// Path below a root of its suite's mirrors.
    pub path: String,
    /// The suite that it comes from, where that is not the lock's first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// The layer that holds it.
    pub layer: LayerName,
    /// Why it is there.
    pub reason: Reason,
    /// Locked packages that satisfy its `Depends` and `Pre-Depends`, sorted.
    pub depends: Vec<PackageName>,
    /// Maintainer scripts (`preinst`, `postinst`, `prerm`, `postrm`, `config`, `triggers`) and the digests of their texts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scripts: BTreeMap<String, Sha256>,
    /// Paths of its data member that are not unpacked because another package of the lock replaces them, and which one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replaced: BTreeMap<String, PackageName>,
}

impl Lock {
    /// The suite that a package names as its own, the first one where it names none.
    pub fn suite(&self, named: Option<&str>) -> Option<&SuitePin> {
        match named {
            Some(name) => self.suites.iter().find(|pin| pin.suite == name),
            None => self.suites.first(),
        }
    }

    /// Mirror roots of the suite that a package names as its own; [`Lock::check`] makes sure that there are some.
    pub fn mirrors(&self, named: Option<&str>) -> &[String] {
        self.suite(named).map_or(&[], |pin| &pin.mirrors)
    }
}

impl LockedPackage {
    /// The archive's file name in its fetch group.
    pub fn file_name(&self) -> String {
        file_name(&self.name, &self.version, &self.architecture)
    }
}

fn file_name(name: &PackageName, version: &DebVersion, architecture: &str) -> String {
    // The epoch's colon, written as apt writes it in its cache: some file systems take no colon.
    format!("{name}_{}_{architecture}.deb", version.as_str().replace(':', "%3a"))
}

/// A Python that is no part of any image: of the same version as the images' own, for another machine architecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedInterpreter {
    /// `major.minor`, as `3.14`.
    pub version: String,
    /// The fixed-output fetch of its archives.
    pub fetch: FetchGroup,
    /// It and every package that it needs to run, sorted by name.
    pub packages: Vec<ToolPackage>,
}

/// Compilers that are no part of any image: programs of another machine architecture whose output is for the lock's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedCompilers {
    /// The fixed-output fetch of their archives.
    pub fetch: FetchGroup,
    /// They and every package that they need to run, sorted by name.
    pub packages: Vec<ToolPackage>,
}

/// A pinned package that the build uses and no image holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolPackage {
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: DebVersion,
    /// `amd64`, `arm64` or `all`, as in the index.
    pub architecture: String,
    /// The archive's digest.
    pub sha256: Sha256,
    /// The archive's size in bytes.
    pub size: u64,
    /// Path below a root of its suite's mirrors.
    pub path: String,
    /// The suite that it comes from, where that is not the lock's first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
}

impl ToolPackage {
    /// The archive's file name in its fetch group.
    pub fn file_name(&self) -> String {
        file_name(&self.name, &self.version, &self.architecture)
    }
}

/// Why a package is in the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// An image definition asks for it.
    Wanted,
    /// Debian marks it Essential.
    Essential,
    /// The named package depends on it (the first by breadth from what is wanted).
    RequiredBy(PackageName),
}

/// A package that is left out although something depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Omitted {
    /// Its name.
    pub name: PackageName,
    /// The version that the index offers; what the stand-in provides.
    pub version: DebVersion,
    /// The definition's reason.
    pub reason: String,
    /// Locked packages that depend on it.
    pub wanted_by: Vec<PackageName>,
    /// The image that this is said of, where it extends another one that says it differently, or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageName>,
    /// Virtual packages that they need it for, which the stand-in provides as well, with the version it gives each, if any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provides: BTreeMap<PackageName, Option<DebVersion>>,
}
