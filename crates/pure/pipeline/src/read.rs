use crate::variables::Variables;
use crate::{PipelineError, Ref, Service, Surroundings, circleci, github, gitlab, version};
use std::collections::BTreeMap;

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
}
