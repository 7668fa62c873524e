use crate::reference::name;
use crate::variables::{Variables, unreadable};
use crate::{Origin, PipelineError, Ref, Service, Surroundings};

/// Reads [GitHub's variables](https://docs.github.com/en/actions/reference/workflows-and-actions/variables).
pub(crate) fn read(variables: &Variables<'_>) -> Result<Surroundings, PipelineError> {
    let repository = variables.needed("GITHUB_REPOSITORY")?;
    let event = variables.needed("GITHUB_EVENT_NAME")?;
    let run = variables.get("GITHUB_RUN_ID")?;
    let attempt =
        variables.get("GITHUB_RUN_ATTEMPT")?.map_or_else(String::new, |attempt| format!("/attempts/{attempt}"));
    let server = variables.get("GITHUB_SERVER_URL")?;
    Ok(Surroundings {
        service: Service::GitHub,
        repository: Some(repository.to_owned()),
        event: Some(event.to_owned()),
        reference: reference(variables, event)?,
        commit: variables.commit("GITHUB_SHA")?,
        protection: variables.protection("GITHUB_REF_PROTECTED")?,
        job: server.zip(run).map(|(server, run)| format!("{server}/{repository}/actions/runs/{run}{attempt}")),
        runner: variables.owned("RUNNER_NAME")?,
        summary: variables.owned("GITHUB_STEP_SUMMARY")?,
        images: None,
    })
}

fn reference(variables: &Variables<'_>, event: &str) -> Result<Ref, PipelineError> {
    const REF: &str = "GITHUB_REF";
    let full = variables.needed(REF)?;
    let pull = full.strip_prefix("refs/pull/");
    let number = match pull {
        Some(rest) => {
            let number = rest.split('/').next().and_then(|number| number.parse().ok());
            Some(number.ok_or_else(|| unreadable(REF, full, "it is no pull request's"))?)
        }
        None => None,
    };
    // `pull_request_target` has the branch that is merged into as its ref, with that one's protection and secrets.
    if pull.is_some() || event.starts_with("pull_request") || variables.get("GITHUB_HEAD_REF")?.is_some() {
        return Ok(Ref::PullRequest { number, origin: Origin::Untold });
    }
    let (found, kind) = if let Some(branch) = full.strip_prefix("refs/heads/") {
        (Ref::Branch(name(REF, branch)?), "branch")
    } else if let Some(tag) = full.strip_prefix("refs/tags/") {
        (Ref::Tag(name(REF, tag)?), "tag")
    } else {
        return Err(unreadable(REF, full, "it is neither a branch nor a tag nor a pull request"));
    };
    match variables.get("GITHUB_REF_TYPE")? {
        Some(told) if told != kind => Err(PipelineError::Contradiction { first: REF, second: "GITHUB_REF_TYPE" }),
        _ => Ok(found),
    }
}

/// What an event's file says of a pull request.
pub(crate) struct Event {
    pub(crate) origin: Origin,
    pub(crate) number: Option<u64>,
}

/// Reads an event's file (webhook event `pull_request`).
pub(crate) fn event(text: &str) -> Result<Event, PipelineError> {
    let event: serde_json::Value =
        serde_json::from_str(text).map_err(|error| PipelineError::Event { why: error.to_string() })?;
    let repository =
        |side: &str| event.pointer(&format!("/pull_request/{side}/repo/full_name")).and_then(|name| name.as_str());
    // The fork may have been deleted; then nothing is known of it.
    let origin = match (repository("head"), repository("base")) {
        (Some(head), Some(base)) if head.eq_ignore_ascii_case(base) => Origin::Own,
        (Some(_), Some(_)) => Origin::Fork,
        _ => Origin::Untold,
    };
    Ok(Event { origin, number: event.pointer("/pull_request/number").and_then(serde_json::Value::as_u64) })
}
