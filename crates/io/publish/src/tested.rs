use crate::groups::Groups;
use crate::reports::Reports;
use crate::{Candidate, PublishError, TestReport};
use sage_oci_names::BlobDigest;
use sage_oci_registry::Registry;
use std::collections::BTreeMap;

/// What the reports beside an image say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// How the image of each architecture stands.
    pub architectures: BTreeMap<String, Standing>,
    /// Reports that are none, or are about something else, each a sentence without a full stop.
    pub problems: Vec<String>,
    /// The date of the commit that asked for the image, in seconds since 1970: the latest one that it was tested for. An index is
    /// as late as its earliest member, unless it was tested itself.
    pub revised: Option<i64>,
}

/// How the image of one architecture stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is known of it.
    Untested,
    /// The newest report of everything that was tested has nothing against it.
    Passed,
    /// The newest report of something that was tested counts failures, or no check that has passed.
    Failed {
        /// What was tested.
        subject: BlobDigest,
        /// How many checks have not passed.
        failed: u64,
        /// How many have.
        passed: u64,
    },
}

impl Tested {
    /// Whether every architecture was tested, and nothing is against any.
    pub fn is_green(&self) -> bool {
        self.architectures.values().all(|standing| *standing == Standing::Passed)
    }

    /// What speaks against the image, each a sentence without a full stop.
    pub fn against(&self) -> Vec<String> {
        let told = self.architectures.iter().filter_map(|(architecture, standing)| match standing {
            Standing::Passed => None,
            Standing::Untested => Some(format!("no test report is about {architecture}")),
            Standing::Failed { subject, failed: 0, .. } => {
                Some(format!("the newest report about {architecture} ({subject}) has no check that passed"))
            }
            Standing::Failed { subject, failed, passed } => Some(format!(
                "the newest report about {architecture} ({subject}) has {failed} checks that did not pass, and {passed} that did"
            )),
        });
        told.collect()
    }
}

/// Reads all reports beside an image and beside its members.
///
/// # Errors
/// The registry refuses or cannot be reached.
pub fn tested(registry: &Registry, candidate: &Candidate) -> Result<Tested, PublishError> {
    let mut groups = Groups::new();
    for image in &candidate.images {
        groups.entry(image.config.architecture.clone()).or_default().push(image.descriptor.digest);
    }
    let own = Beside::read(registry, candidate.digest(), &groups)?;
    let mut problems = own.problems();
    let mut architectures = BTreeMap::new();
    for architecture in groups.keys() {
        let subjects = own.subjects(architecture);
        let mut standing = Standing::Untested;
        for (subject, reports) in subjects {
            let of = reports.good.iter().filter(|report| report.architecture.debian() == architecture);
            standing = standing.and(subject, Reports::newest(of));
        }
        architectures.insert(architecture.clone(), standing);
    }
    problems.extend(own.misplaced());
    Ok(Tested { architectures, problems, revised: own.revised() })
}

impl Standing {
    /// With what the newest report of one subject says.
    fn and(self, subject: BlobDigest, newest: Option<&TestReport>) -> Self {
        match newest {
            Some(report) if !report.is_green() => {
                Self::Failed { subject, failed: report.failed, passed: report.passed }
            }
            Some(_) if self == Self::Untested => Self::Passed,
            _ => self,
        }
    }
}

/// The reports beside an image and beside each of its members.
pub(crate) struct Beside<'a> {
    digest: BlobDigest,
    groups: &'a Groups,
    reports: BTreeMap<BlobDigest, Reports>,
}

impl<'a> Beside<'a> {
    /// Reads them.
    pub(crate) fn read(registry: &Registry, digest: BlobDigest, groups: &'a Groups) -> Result<Self, PublishError> {
        let mut reports = BTreeMap::new();
        for subject in std::iter::once(&digest).chain(groups.values().flatten()) {
            if !reports.contains_key(subject) {
                reports.insert(*subject, Reports::of(registry, subject)?);
            }
        }
        Ok(Self { digest, groups, reports })
    }

    /// What may speak for the image of an architecture: the whole, and the members of that architecture.
    fn subjects(&self, architecture: &str) -> impl Iterator<Item = (BlobDigest, &Reports)> {
        let members = self.groups.get(architecture).map(Vec::as_slice).unwrap_or_default();
        let whole = std::iter::once(&self.digest).filter(|whole| !members.contains(whole));
        whole.chain(members).filter_map(|subject| Some((*subject, self.reports.get(subject)?)))
    }

    /// Reports that lie beside something that is for another architecture.
    fn misplaced(&self) -> Vec<String> {
        let is_at = |subject: BlobDigest, architecture| self.subjects(architecture).any(|(one, _)| one == subject);
        let all = self.reports.iter().flat_map(|(subject, all)| all.good.iter().map(move |one| (*subject, one)));
        let others = all.filter(|(subject, report)| {
            !is_at(*subject, report.architecture.debian()) || !self.groups.contains_key(report.architecture.debian())
        });
        others
            .map(|(subject, other)| {
                format!("a report beside {subject} is about {}, which is not in there", other.architecture)
            })
            .collect()
    }

    fn problems(&self) -> Vec<String> {
        self.reports.values().flat_map(|reports| reports.problems.iter().cloned()).collect()
    }

    /// The date of the commit that asked for the image.
    ///
    /// A member may be in the indexes of several commits, so what is said beside it is only a bound: an index is not later than
    /// the earliest of its members' latest. What is said beside the index itself counts as it is.
    pub(crate) fn revised(&self) -> Option<i64> {
        let of = |digest: &BlobDigest| self.reports.get(digest).and_then(Reports::revised);
        let latest = self.groups.values().map(|members| members.iter().filter_map(of).max());
        let bound = latest.collect::<Option<Vec<i64>>>().and_then(|all| all.into_iter().min());
        of(&self.digest).max(bound)
    }
}
