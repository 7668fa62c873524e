use crate::index::Listed;
use crate::suite::SignedSuite;
use crate::tools::{closure, pin};
use crate::{ArchiveError, LockRequest, Progress};
use sage_oci_lock::LockedCompilers;
use sage_oci_names::Architecture;

/// Pins what compiles for the request's architecture on a machine, from what the signed suites list for it.
pub(crate) fn compilers(
    request: &LockRequest<'_>,
    suites: &[SignedSuite],
    machine: Architecture,
    listed: &[Listed],
    progress: &dyn Progress,
) -> Result<LockedCompilers, ArchiveError> {
    let chosen = closure(listed, machine, &request.compilers).map_err(|source| ArchiveError::Compilers {
        channel: request.channel.clone(),
        target: request.architecture,
        machine,
        source,
    })?;
    let (fetch, packages) = pin(request, machine, &chosen, suites, progress)?;
    Ok(LockedCompilers { fetch, packages })
}
