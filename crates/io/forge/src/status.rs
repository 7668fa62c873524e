use crate::{Forge, ForgeError};
use sage_oci_credentials::Secret;
use sage_oci_http::{Broken, Http, Settings, USER_AGENT, is_this_machine};
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The job runs.
    Pending,
    /// All is well.
    Success,
    /// Checks failed, or could not be run.
    Failure,
}

/// A status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status<'a> {
    /// How it stands.
    pub state: State,
    /// What it is about; one of the same name is replaced.
    pub context: &'a str,
    /// What it says; GitHub takes 140 characters.
    pub description: &'a str,
    /// Where it leads.
    pub target: Option<&'a str>,
}

/// Writes the status of a commit.
///
/// # Errors
/// The service refuses or cannot be reached, or its address is none that a token may be sent to.
pub fn set(forge: &Forge, commit: &str, status: &Status<'_>, token: &Secret) -> Result<(), ForgeError> {
    let url = address(forge, commit)?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let settings = Settings {
        user_agent: USER_AGENT.to_owned(),
        connect_timeout: Duration::from_secs(15),
        quiet_timeout: Duration::from_secs(30),
        idle: 1,
        redirects: 0,
    };
    let http = Http::new(&settings)?;
    let request = http.agent(url.scheme() == "https").post(url.as_str()).header("Content-Type", "application/json");
    let request = match forge {
        Forge::GitHub { .. } => request
            .header("Accept", "application/vnd.github+json")
            .header("Authorization", format!("Bearer {}", token.expose())),
        Forge::GitLab { .. } => request.header("PRIVATE-TOKEN", token.expose()),
    };
    let answer = request.send(body(forge, status).to_string());
    let answer = answer.map_err(|error| ForgeError::NoAnswer { host: host.clone(), source: Broken::of(&error) })?;
    match answer.status().as_u16() {
        200..=299 => Ok(()),
        code => Err(ForgeError::Refused { host, code }),
    }
}

fn address(forge: &Forge, commit: &str) -> Result<Url, ForgeError> {
    let bad = |why| ForgeError::BadAddress { address: forge.api().to_owned(), why };
    let mut url = Url::parse(forge.api()).map_err(|_| bad("it cannot be read"))?;
    if url.host().is_none() {
        return Err(bad("it names no host"));
    }
    if url.scheme() != "https" && !(url.scheme() == "http" && is_this_machine(&url)) {
        return Err(bad("everybody on the way could read it"));
    }
    url.path_segments_mut().map_err(|()| bad("it has no path"))?.pop_if_empty().extend(forge.path(commit));
    Ok(url)
}

fn body(forge: &Forge, status: &Status<'_>) -> Value {
    let state = match (status.state, forge) {
        (State::Pending, _) => "pending",
        (State::Success, _) => "success",
        (State::Failure, Forge::GitHub { .. }) => "failure",
        (State::Failure, Forge::GitLab { .. }) => "failed",
    };
    let name = match forge {
        Forge::GitHub { .. } => "context",
        Forge::GitLab { .. } => "name",
    };
    let mut body = json!({"state": state, "description": status.description});
    body[name] = status.context.into();
    if let Some(target) = status.target {
        body["target_url"] = target.into();
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(api: &str) -> Result<String, ForgeError> {
        let forge = Forge::GitLab { api: api.to_owned(), project: "a/b c".to_owned() };
        address(&forge, "0123").map(|url| url.to_string())
    }

    #[test]
    fn addresses_are_safe_and_paths_escaped() {
        assert_eq!(at("https://h/api/v4/").unwrap(), "https://h/api/v4/projects/a%2Fb%20c/statuses/0123");
        assert!(at("http://127.0.0.1:1/").is_ok() && at("http://[::1]/").is_ok());
        for bad in ["http://h/", "ftp://127.0.0.1/", "h", "data:x"] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}
