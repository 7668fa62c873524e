use crate::variables::Variables;
use crate::{PipelineError, Protection, Ref, Service, circleci, github, gitlab, version};
use std::collections::BTreeMap;

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

/// The variables that name a service.
const SERVICES: [(&str, Service); 3] =
    [("GITHUB_ACTIONS", Service::GitHub), ("GITLAB_CI", Service::GitLab), ("CIRCLECI", Service::CircleCi)];

impl Surroundings {
    /// Reads the environment. No variable that may hold a secret is looked at.
    ///
    /// # Errors
    /// [`PipelineError`] names the variable that is missing, cannot be read, or contradicts another one.
    pub fn of(environment: &BTreeMap<String, String>) -> Result<Self, PipelineError> {
        let is_set = |(variable, _): &&(&str, Service)| environment.get(*variable).is_some_and(|value| value == "true");
        let mut found = SERVICES.iter().filter(is_set);
        let service = match (found.next(), found.next()) {
            (None, _) => Service::Home,
            (Some((_, service)), None) => *service,
            (Some((first, _)), Some((second, _))) => return Err(PipelineError::Contradiction { first, second }),
        };
        let variables = Variables { service: service.name(), all: environment };
        let surroundings = match service {
            Service::GitHub => github::read(&variables)?,
            Service::GitLab => gitlab::read(&variables)?,
            Service::CircleCi => circleci::read(&variables)?,
            Service::Home => Self::home(),
        };
        let tag = match &surroundings.reference {
            Ref::Tag(tag) => Some(tag.as_str()),
            _ => None,
        };
        if let Some(value) = variables.get(version::VERSION)? {
            version::checked_version(version::VERSION, value, tag)?;
        }
        Ok(surroundings)
    }

    /// Adds what GitHub's event file says (`GITHUB_EVENT_PATH`): whose branch a pull request is. Other services need none.
    ///
    /// # Errors
    /// [`PipelineError::Event`] where it is no JSON.
    pub fn with_event(mut self, text: &str) -> Result<Self, PipelineError> {
        if let Ref::PullRequest { number, origin } = &mut self.reference
            && self.service == Service::GitHub
        {
            let told = github::event(text)?;
            *origin = told.origin;
            *number = number.or(told.number);
        }
        Ok(self)
    }

    fn home() -> Self {
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
