use crate::reference::name;
use crate::variables::Variables;
use crate::{Origin, PipelineError, Protection, Ref, Service, Surroundings};

/// Reads [CircleCI's variables](https://circleci.com/docs/reference/variables/).
///
/// CircleCI builds branches: a branch of the repository's own that has a pull request (`CIRCLE_PULL_REQUEST`) is built as the
/// branch that it is, once. Only a fork's pull request has `CIRCLE_PR_NUMBER`, and a branch that is called `pull/` and a number.
pub(crate) fn read(variables: &Variables<'_>) -> Result<Surroundings, PipelineError> {
    Ok(Surroundings {
        service: Service::CircleCi,
        repository: repository(variables)?,
        event: None,
        reference: reference(variables)?,
        commit: variables.commit("CIRCLE_SHA1")?,
        protection: Protection::Untold,
        job: variables.owned("CIRCLE_BUILD_URL")?,
        runner: None,
        summary: None,
        images: None,
    })
}

/// The repository; projects of CircleCI's newer integrations have its address only.
fn repository(variables: &Variables<'_>) -> Result<Option<String>, PipelineError> {
    let (owner, name) = (variables.get("CIRCLE_PROJECT_USERNAME")?, variables.get("CIRCLE_PROJECT_REPONAME")?);
    if let (Some(owner), Some(name)) = (owner, name) {
        return Ok(Some(format!("{owner}/{name}")));
    }
    // `git@github.com:owner/name.git` or `https://github.com/owner/name`.
    let address = variables.needed("CIRCLE_REPOSITORY_URL")?;
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map(|(_, path)| path),
        None => address.split_once(':').map(|(_, path)| path),
    };
    Ok(path.map(|path| path.trim_matches('/').trim_end_matches(".git").to_owned()).filter(|path| path.contains('/')))
}

fn reference(variables: &Variables<'_>) -> Result<Ref, PipelineError> {
    const BRANCH: &str = "CIRCLE_BRANCH";
    const TAG: &str = "CIRCLE_TAG";
    const REQUEST: &str = "CIRCLE_PR_NUMBER";
    let (branch, tag, request) = (variables.get(BRANCH)?, variables.get(TAG)?, variables.number(REQUEST)?);
    let of_branch = branch
        .and_then(|branch| branch.strip_prefix("pull/"))
        .and_then(|rest| rest.split('/').next())
        .and_then(|number| number.parse().ok());
    if request.is_some() || of_branch.is_some() || variables.get("CIRCLE_PR_USERNAME")?.is_some() {
        if tag.is_some() {
            return Err(PipelineError::Contradiction { first: TAG, second: REQUEST });
        }
        return Ok(Ref::PullRequest { number: request.or(of_branch), origin: Origin::Fork });
    }
    match (branch, tag) {
        (Some(_), Some(_)) => Err(PipelineError::Contradiction { first: BRANCH, second: TAG }),
        (Some(branch), None) => Ok(Ref::Branch(name(BRANCH, branch)?)),
        (None, Some(tag)) => Ok(Ref::Tag(name(TAG, tag)?)),
        (None, None) => Err(PipelineError::Missing { service: variables.service, variable: BRANCH }),
    }
}
