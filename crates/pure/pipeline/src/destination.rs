use crate::prefix::checked;
use crate::{Config, PipelineError, Service, Surroundings};

/// Where a job's images go, or why nowhere.
pub(crate) fn prefix(
    surroundings: &Surroundings,
    config: &Config,
    asked: Option<&str>,
) -> Result<Result<String, String>, PipelineError> {
    let own = surroundings.repository.as_deref().is_some_and(|repository| config.is_project(repository));
    let home = surroundings.service == Service::Home;
    let found = match asked {
        Some(asked) => Some(asked.to_owned()),
        None if own => config.prefix(surroundings.service).map(str::to_owned),
        None => namespace(surroundings),
    };
    let Some(found) = found else {
        let where_to = if own { "name its place in `nix/ci.toml`, or ask for one" } else { "ask for a place" };
        return Ok(Err(format!("nobody says where the images go, so they are not pushed: {where_to}")));
    };
    checked(&found)?;
    let within = |place: &str| found.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if !own && !home && config.prefixes().any(within) {
        return Ok(Err(format!("`{found}` is the project's, and this repository is not")));
    }
    Ok(Ok(found))
}

/// A fork's own place. GitHub's registry takes lower case only.
fn namespace(surroundings: &Surroundings) -> Option<String> {
    match surroundings.service {
        Service::GitHub => {
            let (owner, _) = surroundings.repository.as_deref()?.split_once('/')?;
            Some(format!("ghcr.io/{}", owner.to_ascii_lowercase()))
        }
        Service::GitLab => surroundings.images.as_deref().map(str::to_ascii_lowercase),
        Service::CircleCi | Service::Home => None,
    }
}
