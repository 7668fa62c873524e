//! One request and its answer, both JSON or nearly so.

use crate::HubError;
use sage_oci_credentials::Secret;
use sage_oci_http::{Broken, Http, Settings, USER_AGENT, header, is_this_machine};
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use ureq::http::Request;
use url::Url;

/// The longest answer that is read, in bytes: a page and what is said around it.
const LIMIT: u64 = 1 << 20;

/// A request.
pub(crate) struct Asked<'a> {
    /// What it is for, as the end of "cannot …".
    pub(crate) action: &'static str,
    pub(crate) method: &'static str,
    pub(crate) url: &'a Url,
    pub(crate) bearer: Option<&'a Secret>,
    /// The body's type and the body.
    pub(crate) body: Option<(&'static str, String)>,
}

/// Connections that follow no redirect: nobody but the one who was asked gets a secret.
pub(crate) fn connections() -> Result<Http, HubError> {
    Ok(Http::new(&Settings {
        user_agent: USER_AGENT.to_owned(),
        connect_timeout: Duration::from_secs(30),
        quiet_timeout: Duration::from_secs(60),
        idle: 1,
        redirects: 0,
    })?)
}

/// An address that may get a secret: over TLS, or on this machine.
pub(crate) fn address(text: &str) -> Result<Url, HubError> {
    let bad = |address: &str, why| Err(HubError::BadAddress { address: address.to_owned(), why });
    let Ok(url) = Url::parse(text) else { return bad("…", "it is no URL") };
    let shown = format!("{}://{}", url.scheme(), host(&url));
    if url.host().is_none() {
        return bad(&shown, "it names no host");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine(&url) => Ok(url),
        "http" => bad(&shown, "everybody on the way could read it"),
        _ => bad(&shown, "it is neither http nor https"),
    }
}

/// A host with its port, where that is not the usual one.
pub(crate) fn host(url: &Url) -> String {
    let name = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}

/// Sends a request and gives the answer's JSON.
///
/// # Errors
/// No answer, a status other than 2xx, or no JSON in it.
pub(crate) fn ask(http: &Http, asked: Asked<'_>) -> Result<Value, HubError> {
    let Asked { action, method, url, bearer, body } = asked;
    let host = host(url);
    let broken = |source| HubError::NoAnswer { action, host: host.clone(), source };
    let mut request = Request::builder().method(method).uri(url.as_str()).header("Accept", "application/json");
    if let Some(token) = bearer {
        request = request.header("Authorization", format!("Bearer {}", token.expose()));
    }
    let agent = http.agent(url.scheme() == "https");
    let answer = match body {
        Some((kind, body)) => request.header("Content-Type", kind).body(body).map(|request| agent.run(request)),
        None => request.body(()).map(|request| agent.run(request)),
    };
    // The builder's own error could only be about a header, which may hold a secret.
    let answer = answer
        .map_err(|_| broken(Broken::Connection { why: "a token that no header can hold".to_owned(), retry: false }))?;
    let answer = answer.map_err(|error| broken(Broken::of(&error)))?;
    let code = answer.status().as_u16();
    if !answer.status().is_success() {
        let wait = wait(header(&answer, "retry-after"), header(&answer, "x-retry-after"));
        return Err(HubError::Refused { action, host, code, wait });
    }
    let bytes = answer.into_body().into_with_config().limit(LIMIT).read_to_vec();
    let bytes = bytes.map_err(|error| broken(Broken::of(&error)))?;
    // What is no JSON has no field that is asked for, and whoever asks says so.
    Ok(serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// A field that must be a text, and not an empty one.
pub(crate) fn text(answer: &Value, action: &'static str, url: &Url, field: &'static str) -> Result<String, HubError> {
    let text = answer.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or_else(|| HubError::Answer { action, host: host(url), field })
}

/// How long to wait: `Retry-After` in seconds, or the Hub's own header, a unix time.
fn wait(seconds: Option<&str>, until: Option<&str>) -> Option<u64> {
    let number = |text: Option<&str>| text?.trim().parse::<u64>().ok();
    number(seconds).or_else(|| Some(number(until)?.saturating_sub(now())))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a server names a time of day, and a person wants to know how long that is"
)]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_over_tls_or_nowhere() {
        for good in ["https://hub.docker.com", "http://127.0.0.1:80/x", "http://localhost:1", "http://[::1]:5000/"] {
            assert!(address(good).is_ok(), "{good}");
        }
        for (bad, said) in [
            (
                "http://hub.docker.com",
                "`http://hub.docker.com` is no address for a password: everybody on the way could read it",
            ),
            (
                "http://localhost.evil.org",
                "`http://localhost.evil.org` is no address for a password: everybody on the way could read it",
            ),
            ("ftp://u:geheim@h:21", "`ftp://h` is no address for a password: it is neither http nor https"),
            ("geheim", "`…` is no address for a password: it is no URL"),
            ("unix:/geheim", "`unix://` is no address for a password: it names no host"),
        ] {
            assert_eq!(address(bad).unwrap_err().to_string(), said);
        }
    }

    #[test]
    fn both_ways_to_ask_for_patience_are_understood() {
        assert_eq!(wait(Some("7"), Some("1")), Some(7));
        assert_eq!(wait(Some("Fri, 31 Dec 1999 23:59:59 GMT"), None), None);
        assert_eq!(wait(None, Some("1000")), Some(0));
        let soon = wait(None, Some(&(now() + 1000).to_string())).unwrap();
        assert!((900..=1000).contains(&soon), "{soon}");
        assert_eq!(wait(None, None), None);
    }
}
