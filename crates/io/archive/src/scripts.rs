use crate::ArchiveError;
use crate::scan::Scan;
use crate::select::Selected;
use sage_oci_census::{Census, Package};
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_names::{PackageName, Sha256};
use sha2::{Digest, Sha256 as Hasher};
use std::collections::BTreeMap;

/// Directories whose modules Debian's Python compiles for a package that names none.
const PUBLIC: &str = "usr/lib/python3";

/// Accounts for every maintainer script; effects come in the packages' order, each with the package whose script has it.
///
/// # Errors
/// [`ArchiveError::Refused`] with all scripts that nobody has accounted for.
pub(crate) fn judge_all<'a>(
    census: &Census,
    order: &[&'a PackageName],
    packages: &BTreeMap<&PackageName, &Selected>,
    scans: &BTreeMap<&PackageName, Scan>,
) -> Result<Vec<(&'a PackageName, OwnedEffect)>, ArchiveError> {
    let (mut effects, mut refusals) = (Vec::new(), Vec::new());
    for name in order.iter().copied() {
        let version = packages[name].entry.version.as_str();
        match census.judge(&Package { name, version, scripts: &scans[name].scripts }) {
            Ok(judgement) => effects.extend(judgement.effects.into_iter().map(|effect| (name, effect))),
            Err(mut refused) => refusals.append(&mut refused),
        }
    }
    if refusals.is_empty() { Ok(effects) } else { Err(ArchiveError::Refused { refusals }) }
}

/// The digests of a package's scripts, as the lock records them.
pub(crate) fn digests(scan: &Scan) -> BTreeMap<String, Sha256> {
    scan.scripts.iter().map(|(name, bytes)| (name.clone(), Sha256::new(Hasher::digest(bytes).into()))).collect()
}

/// Bytes of the modules that will be compiled, for each package.
pub(crate) fn compiled_bytes(
    effects: &[OwnedEffect],
    scans: &BTreeMap<&PackageName, Scan>,
) -> BTreeMap<PackageName, u64> {
    let mut directories: BTreeMap<&PackageName, Vec<String>> = BTreeMap::new();
    for effect in effects {
        if let Effect::Bytecode { directories: named } = &effect.effect {
            let all = directories.entry(&effect.package).or_default();
            match named.is_empty() {
                // `dist-packages` below it, and `python3.13` and the like beside it.
                true => all.push(PUBLIC.to_owned()),
                false => all.extend(named.iter().map(|dir| format!("{}/", dir.trim_matches('/')))),
            }
        }
    }
    let sum = |(name, below): (&PackageName, Vec<String>)| {
        let modules = &scans.get(name)?.modules;
        let matching = modules.iter().filter(|(path, _)| below.iter().any(|dir| path.starts_with(dir.as_str())));
        Some((name.clone(), matching.map(|(_, size)| size).sum()))
    };
    directories.into_iter().filter_map(sum).collect()
}
