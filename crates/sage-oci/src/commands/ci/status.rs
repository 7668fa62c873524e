use super::job::Job;
use super::outputs::Ended;
use sage_oci_credentials::Secret;
use sage_oci_forge::{Forge, State, Status, set};
use sage_oci_pipeline::{Service, status_line};

/// The token that may write statuses.
const TOKEN: &str = "SAGE_OCI_STATUS_TOKEN";

/// Puts the digest's fate beside the commit, where a token allows it; that it did not work is a warning.
pub fn tell(job: &Job<'_>, ended: &Ended) {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (Some(token), Some(commit)) = (variable(TOKEN), &job.plan.commit) else { return };
    let repository = job.plan.repository.clone().unwrap_or_default();
    let api = |name: &str, usual: &str| variable(name).unwrap_or_else(|| usual.to_owned());
    let forge = match job.plan.service {
        Service::GitHub => Forge::GitHub { api: api("GITHUB_API_URL", "https://api.github.com"), repository },
        Service::GitLab => Forge::GitLab {
            api: api("CI_API_V4_URL", "https://gitlab.com/api/v4"),
            project: variable("CI_PROJECT_ID").unwrap_or(repository),
        },
        Service::CircleCi | Service::Home => return,
    };
    let status = Status {
        state: if ended.verdict().is_ok() { State::Success } else { State::Failure },
        context: "sage-oci",
        description: &status_line(&ended.outcomes, &ended.published, &ended.failures),
        target: job.plan.job.as_deref(),
    };
    if let Err(error) = set(&forge, commit, &status, &Secret::new(token)) {
        job.context.printer.note(format_args!("warning: {error}"));
    }
}
