use crate::{Protection, Ref, Service};

/// What a CI service says about a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The service.
    pub service: Service,
    /// The repository, as `sagemath/sage-oci`.
    pub repository: Option<String>,
    /// What started the job, in the service's own word.
    pub event: Option<String>,
    /// The branch, tag or pull request.
    pub reference: Ref,
    /// The commit.
    pub commit: Option<String>,
    /// Whether the ref is protected.
    pub protection: Protection,
    /// The job's address.
    pub job: Option<String>,
    /// The runner's name.
    pub runner: Option<String>,
    /// The file to which a summary is appended that the service shows.
    pub summary: Option<String>,
    /// Where the service keeps this repository's images.
    pub images: Option<String>,
}

impl Surroundings {
    /// Where no service runs the job.
    pub(crate) fn home() -> Self {
        Self {
            service: Service::Home,
            repository: None,
            event: None,
            reference: Ref::Untold,
            commit: None,
            protection: Protection::Untold,
            job: None,
            runner: None,
            summary: None,
            images: None,
        }
    }
}
