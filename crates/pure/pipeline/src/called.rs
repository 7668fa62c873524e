use crate::{Ref, Service, Surroundings};

/// What a service calls a commit: a checkout of it has no branch, as a service checks out the commit alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// The commit's hash.
    pub commit: String,
    /// The branch as it is written, or `pull-8` or `merge-request-8`; nothing was done to make a tag of it.
    pub name: String,
}

impl Surroundings {
    /// What the service calls the commit that the job is about; none where it is a tag, or the service does not say.
    ///
    /// A pull request is called by its number: its branch's name is its author's.
    pub fn called(&self) -> Option<Called> {
        let name = match &self.reference {
            Ref::Branch(name) => name.clone(),
            // Such a job's commit is that of the branch that is merged into.
            Ref::PullRequest { .. } if self.event.as_deref() == Some("pull_request_target") => return None,
            Ref::PullRequest { number: Some(number), .. } => match (self.service, self.event.as_deref()) {
                (Service::GitLab, event) if event != Some("external_pull_request_event") => {
                    format!("merge-request-{number}")
                }
                _ => format!("pull-{number}"),
            },
            Ref::PullRequest { number: None, .. } | Ref::Tag(_) | Ref::Untold => return None,
        };
        Some(Called { commit: self.commit.clone()?, name })
    }
}
