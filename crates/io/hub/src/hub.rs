use crate::HubError;
use crate::exchange::{Asked, address, ask, connections, host, text};
use sage_oci_credentials::Secret;
use sage_oci_http::Http;
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

/// The Hub's API.
pub const HUB: &str = "https://hub.docker.com";

/// The longest text that is taken for a page already, and how often it is read back: a cache may lag behind.
const READS: u32 = 3;

/// Docker Hub, and who speaks to it.
pub struct Hub {
    http: Http,
    base: Url,
    token: Secret,
    pause: Duration,
}

/// What came of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Described {
    /// It is new.
    Changed,
    /// It was like that before, and nothing was written.
    Same,
}

impl Hub {
    /// Logs in at the Hub at this address ([`HUB`], if it is no test's), with a user's or an organisation's name and a password or
    /// access token.
    ///
    /// # Errors
    /// The address is none for a password, or the Hub refuses.
    pub fn new(base: &str, user: &str, password: &Secret) -> Result<Self, HubError> {
        let action = "log in at Docker Hub";
        let (http, base) = (connections()?, address(base)?);
        let url = at(&base, &["v2", "auth", "token"]);
        let body = json!({"identifier": user, "secret": password.expose()}).to_string();
        let body = Some(("application/json", body));
        let answer = ask(&http, Asked { action, method: "POST", url: &url, bearer: None, body })?;
        let token = Secret::new(text(&answer, action, &url, "access_token")?);
        Ok(Self { http, base, token, pause: Duration::from_secs(2) })
    }

    /// Waits so long before a page is read again that is not there yet, instead of two seconds.
    #[must_use]
    pub fn with_pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Makes this text the page of a repository, as `sagemath/sagemath`, and reads it back. A text that is there already is
    /// not written.
    ///
    /// # Errors
    /// The Hub refuses, or shows another text afterwards.
    pub fn describe(&self, namespace: &str, repository: &str, page: &str) -> Result<Described, HubError> {
        // The last slash belongs to it: without it the Hub redirects.
        let url = at(&self.base, &["v2", "repositories", namespace, repository, ""]);
        if same(&self.read(&url)?, page) {
            return Ok(Described::Same);
        }
        let body = Some(("application/json", json!({"full_description": page}).to_string()));
        let action = "write the page";
        ask(&self.http, Asked { action, method: "PATCH", url: &url, bearer: Some(&self.token), body })?;
        for read in 0..READS {
            if read > 0 {
                std::thread::sleep(self.pause);
            }
            if same(&self.read(&url)?, page) {
                return Ok(Described::Changed);
            }
        }
        Err(HubError::NotKept { host: host(&self.base), repository: format!("{namespace}/{repository}") })
    }

    fn read(&self, url: &Url) -> Result<String, HubError> {
        let action = "read the page";
        let answer = ask(&self.http, Asked { action, method: "GET", url, bearer: Some(&self.token), body: None })?;
        match answer.get("full_description") {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Null) => Ok(String::new()),
            _ => Err(HubError::Answer { action, host: host(url), field: "full_description" }),
        }
    }
}

/// Whether two texts are one page: line ends and blanks at the end are not kept by everybody.
fn same(one: &str, other: &str) -> bool {
    let lines = |text: &str| text.trim_end().replace("\r\n", "\n");
    lines(one) == lines(other)
}

/// An address below another one.
fn at(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}
