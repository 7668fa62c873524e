use crate::index::{Listed, read_indexes};
use crate::suite::{SignedSuite, add_snapshots, signed_suite};
use crate::{ArchiveError, LockRequest, Progress, Step};
use sage_oci_lock::Lock;
use sage_oci_names::PackageName;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What the signed indexes of a channel's suites say now.
pub struct Survey {
    pub(crate) signed: Vec<SignedSuite>,
    /// Every package of the images' architecture; of equal ones that of the first suite.
    pub(crate) listed: Vec<Listed>,
}

/// A locked package that a suite has in a newer version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Newer {
    /// Its name.
    pub name: PackageName,
    /// The locked version.
    pub from: String,
    /// The newest version.
    pub to: String,
    /// The first suite that has it.
    pub suite: String,
    /// Whether that suite's updates mend security holes.
    pub security: bool,
}

impl Survey {
    /// Fetches the release files of all suites, verifies them and reads the package indexes.
    ///
    /// # Errors
    /// [`ArchiveError`]: a suite whose index cannot be had, is not signed by a key that is believed for it, is too old, or
    /// cannot be read.
    pub fn read(request: &LockRequest<'_>, progress: &dyn Progress) -> Result<Self, ArchiveError> {
        if let Some(previous) = request.previous.filter(|lock| lock.architecture != request.architecture) {
            let (found, wanted) = (previous.architecture, request.architecture);
            return Err(ArchiveError::OtherArchitecture { found, wanted });
        }
        progress.step(Step::Index, 0);
        let (mut signed, mut listed, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        // All signatures first: what is wrong with the last suite is said before the indexes of the first have come.
        for wanted in &request.suites {
            request.go_on()?;
            signed.push(signed_suite(request, wanted)?);
        }
        for (place, suite) in signed.iter_mut().enumerate() {
            listed.extend(read_indexes(request, place, request.architecture, suite, &mut seen)?);
        }
        add_snapshots(request, &mut signed);
        Ok(Self { signed, listed })
    }

    /// The packages of a lock of which a suite has a newer version, sorted by name: what `apt list --upgradable` would say in
    /// the images.
    pub fn newer(&self, lock: &Lock) -> Vec<Newer> {
        let mut newest: BTreeMap<&PackageName, &Listed> = BTreeMap::new();
        for listed in &self.listed {
            let best = newest.entry(&listed.entry.name).or_insert(listed);
            if listed.entry.version > best.entry.version {
                *best = listed;
            }
        }
        let one = |package: &sage_oci_lock::LockedPackage| {
            let found = newest.get(&package.name).filter(|found| found.entry.version > package.version)?;
            let pin = &self.signed.get(found.suite)?.pin;
            Some(Newer {
                name: package.name.clone(),
                from: package.version.to_string(),
                to: found.entry.version.to_string(),
                suite: pin.suite.clone(),
                security: pin.security,
            })
        };
        lock.packages.iter().filter_map(one).collect()
    }

    /// The date of the newest index, in seconds since 1970.
    pub(crate) fn date(&self) -> i64 {
        self.signed.iter().map(|suite| suite.release.date).max().unwrap_or(0)
    }
}
