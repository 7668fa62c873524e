//! Pythons for machines of another architecture than the images': byte-code does not depend on it, so any such Python of
//! the images' version compiles theirs.

use crate::index::Listed;
use crate::suite::SignedSuite;
use crate::tools::{closure, pin};
use crate::{ArchiveError, LockRequest, Progress};
use sage_oci_lock::{LockedInterpreter, LockedPackage, Python};
use sage_oci_names::{Architecture, DebVersion, PackageName};

/// Pins a Python for a machine, from what the signed suites list for it.
pub(crate) fn interpreter(
    request: &LockRequest<'_>,
    suites: &[SignedSuite],
    machine: Architecture,
    listed: &[Listed],
    python: &Python,
    packages: &[LockedPackage],
    progress: &dyn Progress,
) -> Result<LockedInterpreter, ArchiveError> {
    let version = &python.version;
    let roots: Vec<PackageName> =
        Python::roots(version).iter().filter_map(|name| PackageName::parse(name).ok()).collect();
    let chosen = closure(listed, machine, &roots).map_err(|source| ArchiveError::Interpreter { machine, source })?;
    check_version(&chosen, packages, machine, version)?;
    let (fetch, packages) = pin(request, machine, &chosen, suites, progress)?;
    Ok(LockedInterpreter { version: version.clone(), fetch, packages })
}

/// The interpreter must be built from the very source of the images' own: its magic number and its compiler are then the same.
fn check_version(
    chosen: &[&Listed],
    packages: &[LockedPackage],
    machine: Architecture,
    version: &str,
) -> Result<(), ArchiveError> {
    for root in Python::roots(version) {
        let found = chosen.iter().map(|listed| &listed.entry).find(|entry| entry.name.as_str() == root);
        let wanted = packages.iter().find(|package| package.name.as_str() == root);
        if let (Some(found), Some(wanted)) = (found, wanted)
            && of_source(&found.version) != of_source(&wanted.version)
        {
            return Err(ArchiveError::OtherPython {
                machine,
                package: found.name.clone(),
                found: found.version.clone(),
                wanted: wanted.version.clone(),
            });
        }
    }
    Ok(())
}

/// A version without the mark of a build that was repeated from unchanged source (`+b1`; Debian's developers' reference 5.10.2.1).
fn of_source(version: &DebVersion) -> &str {
    let text = version.as_str();
    match text.rsplit_once("+b") {
        Some((source, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => source,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_of_one_source_are_told_by_their_version() {
        for (version, source) in
            [("3.14.10-1", "3.14.10-1"), ("3.14.10-1+b2", "3.14.10-1"), ("1+b", "1+b"), ("1+big2-1", "1+big2-1")]
        {
            assert_eq!(of_source(&DebVersion::parse(version).unwrap()), source);
        }
    }
}
