use crate::ArchiveError;
use sage_oci_census::Census;
use sage_oci_lock::Lock;
use sage_oci_names::{Architecture, ChannelName, ImageName, PackageName, Sha256, SourceName};
use sage_oci_signature::Keyring;
use std::path::PathBuf;

/// What a lock is made of and from.
pub struct LockRequest<'a> {
    /// The channel's name.
    pub channel: ChannelName,
    /// The suites. The newest version of a package counts, whichever suite has it; where two have the same, the first one's.
    pub suites: Vec<SuiteRequest>,
    /// The machine architecture.
    pub architecture: Architecture,
    /// Machines of other architectures that shall be able to build the images: the lock pins a Python for each of them,
    /// where images have byte-code.
    pub machines: Vec<Architecture>,
    /// Packages that compile for `architecture` on those machines: the lock pins them for each, with what they depend on.
    pub compilers: Vec<PackageName>,
    /// The images that the lock serves.
    pub images: Vec<ImageRequest>,
    /// What is known about maintainer scripts.
    pub census: &'a Census,
    /// The lock to be replaced: its layers are kept.
    pub previous: Option<&'a Lock>,
    /// Whether an index past its `Valid-Until` will do; the lock says so then.
    pub accept_expired: bool,
    /// Whether an index older than the previous lock's will do; the lock says so then.
    pub allow_older: bool,
    /// The present time in seconds since 1970, UTC: read by the caller, for `Valid-Until` alone.
    pub now: i64,
    /// The cache directory.
    pub cache: PathBuf,
    /// How downloads behave. Its `stop` ends all other work as well.
    pub fetch: sage_oci_fetch::Options,
}

impl LockRequest<'_> {
    /// The images that stand alone, then those that extend one of them.
    pub(crate) fn bases_first(&self) -> impl Iterator<Item = &ImageRequest> {
        let alone = |extending: bool| self.images.iter().filter(move |image| image.extends.is_some() == extending);
        alone(false).chain(alone(true))
    }

    /// What a lock says of a package from the suite at a place: nothing, if that is the first one.
    pub(crate) fn suite_name(&self, place: usize) -> Option<String> {
        (place > 0).then(|| self.suites[place].suite.clone())
    }

    /// The image that one extends.
    pub(crate) fn base_of(&self, image: &ImageName) -> Option<&ImageName> {
        self.images.iter().find(|request| request.name == *image)?.extends.as_ref()
    }

    /// An error once the caller wants an end; asked between one piece of work and the next.
    pub(crate) fn go_on(&self) -> Result<(), ArchiveError> {
        if self.fetch.stopped() { Err(ArchiveError::Interrupted) } else { Ok(()) }
    }
}

/// One suite.
#[derive(Debug, Clone)]
pub struct SuiteRequest {
    /// Its name below `dists/`.
    pub suite: String,
    /// Its components, as `main`.
    pub components: Vec<String>,
    /// Mirror roots, tried in order.
    pub mirrors: Vec<String>,
    /// The snapshot service's root, as `http://snapshot.debian.org/archive/debian`: the lock names its state of the
    /// index's own time as the last mirror.
    pub snapshot: Option<String>,
    /// The keys of which one must have signed it.
    pub keyring: Keyring,
    /// Its updates mend security holes.
    pub security: bool,
}

/// One image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRequest {
    /// Its name.
    pub name: ImageName,
    /// The image whose layers lie below its own; that one stands alone.
    pub extends: Option<ImageName>,
    /// The package whose version the image carries.
    pub version_of: PackageName,
    /// Packages asked for.
    pub wanted: Vec<PackageName>,
    /// Packages left out, beside those that the extended image leaves out.
    pub left_out: Vec<LeftOut>,
    /// Globs of names that the extended image leaves out and this one does not. What is asked for comes back by itself.
    pub brought_back: Vec<String>,
    /// Source packages whose layers lie on top, in order.
    pub payload: Vec<SourceName>,
    /// Archives beside the packages: source trees and Python wheels.
    pub sources: Vec<SourceRequest>,
}

/// The archive of a source tree or a Python wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRequest {
    /// Its name, which no other archive of the image has.
    pub name: String,
    /// What stands before the file name in each URL, tried in order.
    pub roots: Vec<String>,
    /// The file name.
    pub file_name: String,
    /// The archive's digest.
    pub sha256: Sha256,
    /// The archive's size in bytes.
    pub size: u64,
}

/// Packages that are not installed although something needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Globs of names.
    pub names: Vec<String>,
    /// Globs of names that stay although `names` matches them.
    pub except: Vec<String>,
    /// Why nothing is missed.
    pub reason: String,
}
