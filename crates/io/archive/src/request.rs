use crate::ArchiveError;
use sage_oci_effects::Census;
use sage_oci_lock::Lock;
use sage_oci_names::{Architecture, ChannelName, ImageName, PackageName, SourceName};
use sage_oci_signature::Keyring;
use std::path::PathBuf;

/// What a lock is made of and from.
pub struct LockRequest<'a> {
    /// The channel's name.
    pub channel: ChannelName,
    /// Mirror roots, tried in order.
    pub mirrors: Vec<String>,
    /// The snapshot service's root, as `http://snapshot.debian.org/archive/debian`: the lock names its state of the
    /// index's own time as the last mirror.
    pub snapshot: Option<String>,
    /// The suites; where two have the same archive, the first counts.
    pub suites: Vec<SuiteRequest>,
    /// The machine architecture.
    pub architecture: Architecture,
    /// Machines of other architectures that shall be able to build the images: the lock pins a Python for each of them,
    /// where images have byte-code.
    pub machines: Vec<Architecture>,
    /// The keys whose signatures are believed.
    pub keyring: &'a Keyring,
    /// The images that the lock serves.
    pub images: Vec<ImageRequest>,
    /// What is known about maintainer scripts.
    pub census: &'a Census,
    /// The lock to be replaced: its layers are kept.
    pub previous: Option<&'a Lock>,
    /// Whether an index past its `Valid-Until` will do; the lock says so then.
    pub accept_expired: bool,
    /// The present time in seconds since 1970, UTC: read by the caller, for `Valid-Until` alone.
    pub now: i64,
    /// The cache directory.
    pub cache: PathBuf,
    /// How downloads behave. Its `stop` ends all other work as well.
    pub fetch: sage_oci_fetch::Options,
}

impl LockRequest<'_> {
    /// An error once the caller wants an end; asked between one piece of work and the next.
    pub(crate) fn go_on(&self) -> Result<(), ArchiveError> {
        if self.fetch.stopped() { Err(ArchiveError::Interrupted) } else { Ok(()) }
    }
}

/// One suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteRequest {
    /// Its name below `dists/`.
    pub suite: String,
    /// Its components, as `main`.
    pub components: Vec<String>,
}

/// One image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRequest {
    /// Its name.
    pub name: ImageName,
    /// The package whose version the image carries.
    pub version_of: PackageName,
    /// Packages asked for.
    pub wanted: Vec<PackageName>,
    /// Packages left out.
    pub left_out: Vec<LeftOut>,
    /// Source packages whose layers lie on top, in order.
    pub payload: Vec<SourceName>,
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
