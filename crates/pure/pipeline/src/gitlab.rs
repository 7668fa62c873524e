use crate::reference::name;
use crate::variables::Variables;
use crate::{Origin, PipelineError, Ref, Service, Surroundings};

/// Reads [GitLab's variables](https://docs.gitlab.com/ci/variables/predefined_variables/).
pub(crate) fn read(variables: &Variables<'_>) -> Result<Surroundings, PipelineError> {
    let source = variables.needed("CI_PIPELINE_SOURCE")?;
    Ok(Surroundings {
        service: Service::GitLab,
        repository: Some(variables.needed("CI_PROJECT_PATH")?.to_owned()),
        event: Some(source.to_owned()),
        reference: reference(variables, source)?,
        commit: variables.commit("CI_COMMIT_SHA")?,
        protection: variables.protection("CI_COMMIT_REF_PROTECTED")?,
        job: variables.owned("CI_JOB_URL")?,
        runner: variables.owned("CI_RUNNER_DESCRIPTION")?,
        summary: None,
        images: variables.owned("CI_REGISTRY_IMAGE")?,
    })
}

fn reference(variables: &Variables<'_>, source: &str) -> Result<Ref, PipelineError> {
    const BRANCH: &str = "CI_COMMIT_BRANCH";
    const TAG: &str = "CI_COMMIT_TAG";
    const REQUEST: &str = "CI_MERGE_REQUEST_IID";
    let (branch, tag, request) = (variables.get(BRANCH)?, variables.get(TAG)?, variables.number(REQUEST)?);
    // A pipeline that another one started has the merge request's number and another source.
    if request.is_some() || source == "merge_request_event" {
        if tag.is_some() {
            return Err(PipelineError::Contradiction { first: TAG, second: REQUEST });
        }
        let (from, into) =
            (variables.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH")?, variables.get("CI_MERGE_REQUEST_PROJECT_PATH")?);
        return Ok(Ref::PullRequest { number: request, origin: origin(from, into) });
    }
    if source == "external_pull_request_event" {
        let (from, into) = (
            variables.get("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY")?,
            variables.get("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY")?,
        );
        let number = variables.number("CI_EXTERNAL_PULL_REQUEST_IID")?;
        return Ok(Ref::PullRequest { number, origin: origin(from, into) });
    }
    match (branch, tag) {
        (Some(_), Some(_)) => Err(PipelineError::Contradiction { first: BRANCH, second: TAG }),
        (Some(branch), None) => Ok(Ref::Branch(name(BRANCH, branch)?)),
        (None, Some(tag)) => Ok(Ref::Tag(name(TAG, tag)?)),
        (None, None) => Err(PipelineError::Missing { service: variables.service, variable: BRANCH }),
    }
}

fn origin(from: Option<&str>, into: Option<&str>) -> Origin {
    match (from, into) {
        (Some(from), Some(into)) if from == into => Origin::Own,
        (Some(_), Some(_)) => Origin::Fork,
        _ => Origin::Untold,
    }
}
