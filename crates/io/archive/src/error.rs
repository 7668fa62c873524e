use sage_oci_census::Refusal;
use sage_oci_deb::DebError;
use sage_oci_derivation::DerivationError;
use sage_oci_fetch::FetchError;
use sage_oci_files::FileError;
use sage_oci_hint::Hint;
use sage_oci_lock::LockError;
use sage_oci_names::{Architecture, ChannelName, DebVersion, ImageName, LayerName, PackageName};
use sage_oci_plan::PlanError;
use sage_oci_resolve::{RelationError, ResolveError};
use sage_oci_signature::SignatureError;

/// Why no lock could be made.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
#[expect(missing_docs, reason = "fields say what they are; `source` is always the cause")]
pub enum ArchiveError {
    /// A release file is not signed by a key that is believed, or was changed.
    #[error("the signed index `{url}` cannot be believed")]
    Signature { url: String, source: SignatureError },
    /// A release file that is signed, but not by a key that is believed for this suite.
    #[error("suite `{suite}` is signed by {}, not by a key that is believed for it: {}; its index is `{url}`", issuers.join(", "), believed.join(", "))]
    #[hint(
        "look at `keys` and `mirrors` of the suite in the channel's definition; if Debian has a new key, nix/keys/README.md \
         tells how to add it"
    )]
    OtherKey { suite: String, url: String, issuers: Vec<String>, believed: Vec<String> },
    /// No mirror of a suite gave its release file.
    #[error("no mirror of {} `{suite}` gives its signed index: {source}", if *security { "the security suite" } else { "suite" })]
    #[hint(with = other_place(source))]
    NoIndex { suite: String, security: bool, source: FetchError },
    /// A signed release file that cannot be read.
    #[error("the signed index `{url}` cannot be read")]
    Release { url: String, source: DebError },
    /// A mirror gave the release file of another suite.
    #[error("`{url}` is the index of suite `{found}`, not of `{wanted}`")]
    #[hint("name the suite by its codename, or use another mirror")]
    OtherSuite { url: String, found: String, wanted: String },
    /// The index should no longer be believed.
    #[error("the index of suite `{suite}` was valid until {until}")]
    #[hint(
        "use a mirror that is up to date, or accept this state of the archive with `--accept-expired`; the lock \
         will say so"
    )]
    Expired { suite: String, until: String },
    /// The index is older than the one that the lock to be replaced was made from.
    #[error(
        "`{url}`, the index of suite `{suite}`, is of {found}, older than the one of {locked} in the lock that it would replace"
    )]
    #[hint(
        "a mirror that lags behind or replays an old index would take security updates back: use another mirror, or \
         take this state of the archive with `--allow-older`; the lock will say so"
    )]
    Older { suite: String, url: String, found: String, locked: String },
    /// The suite has no such index.
    #[error("suite `{suite}` has no package index `{path}`")]
    #[hint("it has {known}")]
    MissingIndex { suite: String, path: String, known: String },
    /// A package index that cannot be read.
    #[error("the package index `{path}` cannot be read")]
    Index { path: String, source: DebError },
    /// Something could not be downloaded.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The caller wanted an end.
    #[error("making the lock was stopped")]
    #[hint("what has been fetched is kept, and a new run goes on from there")]
    Interrupted,
    /// The file system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// A pattern of names that is left out cannot be read.
    #[error("image `{image}` leaves out `{glob}`, which is not a pattern: {why}")]
    #[hint("in patterns, `*` stands for any characters")]
    Glob { image: ImageName, glob: String, why: String },
    /// The packages that an image wants cannot be had.
    #[error("image `{image}`: {source}")]
    Resolve { image: ImageName, source: ResolveError },
    /// An image carries the version of a package that it does not hold.
    #[error("image `{image}` carries the version of package `{package}`, which it does not hold")]
    #[hint("correct `version-of` in the image definition")]
    NoVersion { image: ImageName, package: PackageName },
    /// Two images hold different versions of a package.
    #[error("package `{package}` is needed in versions {first} and {second} by different images")]
    #[hint("want the same version in both, or use two channels")]
    TwoVersions { package: PackageName, first: DebVersion, second: DebVersion },
    /// A package of an image that extends another one, and of a third one.
    #[error("package `{package}` would need a layer in each of {}", images.iter().map(|image| format!("`{image}`")).collect::<Vec<_>>().join(", "))]
    #[hint("define these images for different channels")]
    Scattered { package: PackageName, images: Vec<ImageName> },
    /// Packages of an image that change what packages of the image that it extends ship.
    #[error("{} paths of an image would be other ones in an image that extends it{}", overlaps.len(), list(overlaps))]
    #[hint("want the package in the image that is extended, or leave it out")]
    ChangesBase { overlaps: Vec<Overlap> },
    /// A script of an image's package that acts for a package of the image that it extends.
    #[error("a script of package `{package}` acts for package `{of}`, whose layer lies in the image that is extended")]
    #[hint("want the package in the image that is extended, or leave it out")]
    ActsBelow { package: PackageName, of: PackageName },
    /// An archive that cannot be read.
    #[error("the archive of package {package} {version} cannot be read")]
    Deb { package: PackageName, version: DebVersion, source: DebError },
    /// An archive that holds another package than the index says.
    #[error("the archive of package {package} {version} says that it is {found}")]
    #[hint("the signed index and its archives disagree; report it to Debian")]
    Impostor { package: PackageName, version: DebVersion, found: String },
    /// A `Replaces` field that cannot be read.
    #[error("field Replaces of package {package} cannot be read: {source}")]
    Replaces { package: PackageName, source: RelationError },
    /// Packages that ship the same path, and nothing says whose it is.
    #[error("{} paths are shipped by two packages each, and neither Replaces nor a diversion says which one counts{}", overlaps.len(), list(overlaps))]
    #[hint("leave one of the packages out, or declare a diversion in the census")]
    Overlaps { overlaps: Vec<Overlap> },
    /// Maintainer scripts that nobody has accounted for.
    #[error("{} maintainer scripts are not accounted for{}", refusals.len(), list(refusals))]
    #[hint(with = refusals.first().and_then(Hint::hint))]
    Refused { refusals: Vec<Refusal> },
    /// No layer plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A layer's archives cannot be hashed.
    #[error("the archives of layer `{layer}` cannot be hashed")]
    Hash { layer: LayerName, source: DerivationError },
    /// No Python for machines of another architecture.
    #[error("no Python for builds on {machine}: {source}")]
    #[hint("lock without it: `--build-on` names the other machines")]
    Interpreter { machine: Architecture, source: ResolveError },
    /// The archive has another Python for machines of another architecture than for the images.
    #[error("package `{package}` has version {found} for {machine}, the images have {wanted}")]
    #[hint(
        "byte-code is for one version: lock again when the archive has built it for both, or lock without it: \
         `--build-on` names the other machines"
    )]
    OtherPython { machine: Architecture, package: PackageName, found: DebVersion, wanted: DebVersion },
    /// Nothing compiles for the lock's architecture on machines of another one.
    #[error("channel `{channel}`: nothing compiles for {target} on {machine}: {source}")]
    #[hint(
        "`upstream.root.cross.{target}` of an image's definition names the packages, which the archive must have for {machine}; or \
         lock without them: `--build-on` names the other machines"
    )]
    Compilers { channel: ChannelName, target: Architecture, machine: Architecture, source: ResolveError },
    /// The archives of what other machines build with cannot be hashed.
    #[error("the archives of what builds on {machine} cannot be hashed")]
    HashTools { machine: Architecture, source: DerivationError },
    /// A source tree's archive cannot be hashed.
    #[error("the archive of the source tree `{name}` cannot be hashed")]
    HashSource { name: String, source: DerivationError },
    /// The lock that came out contradicts itself; a fault of this program.
    #[error(transparent)]
    #[hint("this is a fault of sage-oci; please report it")]
    Lock(#[from] LockError),
    /// A previous lock for other machines.
    #[error("the previous lock is for {found}, this one is for {wanted}")]
    #[hint("start without a previous lock")]
    OtherArchitecture { found: Architecture, wanted: Architecture },
}

/// A path that two packages ship.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error, sage_oci_hint::Hint)]
#[error("{path}: {first} and {second}")]
pub struct Overlap {
    /// The path, as the first package's archive has it.
    pub path: String,
    /// One package.
    pub first: PackageName,
    /// The other.
    pub second: PackageName,
}

fn list(items: &[impl std::fmt::Display]) -> String {
    items.iter().map(|item| format!("\n{item}")).collect()
}

/// What a mirror no longer holds may be elsewhere; but an index that no mirror has was never there.
fn other_place(source: &FetchError) -> Option<String> {
    match source {
        FetchError::Failed { .. } => {
            Some("look at the mirrors and suites in the channel's definition, and at the network".to_owned())
        }
        _ => source.hint(),
    }
}

impl ArchiveError {
    /// Whether trying again can help.
    pub fn should_retry(&self) -> bool {
        match self {
            Self::Fetch(error) | Self::NoIndex { source: error, .. } => error.should_retry(),
            Self::File(error) => error.should_retry(),
            Self::Interrupted => true,
            _ => false,
        }
    }
}
