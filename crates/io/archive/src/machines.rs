use crate::compilers::compilers;
use crate::index::read_indexes;
use crate::interpreters::interpreter;
use crate::suite::SignedSuite;
use crate::{ArchiveError, LockRequest, Progress};
use sage_oci_lock::{LockedCompilers, LockedInterpreter, LockedPackage, Python};
use sage_oci_names::Architecture;
use std::collections::{BTreeMap, BTreeSet};

/// What a lock pins for machines of other architectures than the images', which shall be able to build them.
#[derive(Default)]
pub(crate) struct ForMachines {
    pub(crate) interpreters: BTreeMap<Architecture, LockedInterpreter>,
    pub(crate) compilers: BTreeMap<Architecture, LockedCompilers>,
}

/// Pins it for each machine that the request names, from the same signed suites; their indexes join the suites' pins.
///
/// `python` is the images' own, where they have byte-code.
pub(crate) fn for_machines(
    request: &LockRequest<'_>,
    suites: &mut [SignedSuite],
    python: Option<&Python>,
    packages: &[LockedPackage],
    progress: &dyn Progress,
) -> Result<ForMachines, ArchiveError> {
    let mut all = ForMachines::default();
    if python.is_none() && request.compilers.is_empty() {
        return Ok(all);
    }
    let machines: BTreeSet<Architecture> = request.machines.iter().copied().collect();
    for machine in machines.into_iter().filter(|machine| *machine != request.architecture) {
        request.go_on()?;
        let (mut listed, mut seen) = (Vec::new(), BTreeSet::new());
        for (place, suite) in suites.iter_mut().enumerate() {
            listed.extend(read_indexes(request, place, machine, suite, &mut seen)?);
        }
        if let Some(python) = python {
            let pinned = interpreter(request, suites, machine, &listed, python, packages, progress)?;
            all.interpreters.insert(machine, pinned);
        }
        if !request.compilers.is_empty() {
            all.compilers.insert(machine, compilers(request, suites, machine, &listed, progress)?);
        }
    }
    Ok(all)
}
