use crate::error::is_passing;
use crate::location::{Place, resolve};
use crate::registry::Registry;
use crate::{RegistryError, pause};
use jiff::Timestamp;
use sage_oci_credentials::Secret;
use sage_oci_http::{Broken, header};
use std::io::Read;
use std::time::SystemTime;
use ureq::http::{Method, Request, Response};
use ureq::{Body, SendBody};
use url::Url;

/// More hops than any registry needs.
const REDIRECTS: usize = 5;
/// How much of what a registry says about a refusal is read, in bytes, and how much of it is shown, in characters.
const SAID: u64 = 64 * 1024;
const SHOWN: usize = 300;

/// One thing asked of a registry.
pub(crate) struct Ask<'a> {
    /// What it is, for errors, as `the upload of sha256:…`.
    pub what: &'a str,
    pub method: Method,
    pub place: Place,
    pub headers: Vec<(&'static str, String)>,
    pub payload: Payload<'a>,
}

/// What goes with it.
pub(crate) enum Payload<'a> {
    Nothing,
    Bytes(&'a [u8]),
    /// So many bytes, which can be opened again for another attempt.
    Stream(u64, &'a dyn Fn() -> Result<Box<dyn Read + 'a>, RegistryError>),
}

/// Why there is no answer.
pub(crate) enum Trouble {
    Broken(Broken),
    Error(RegistryError),
}

impl From<RegistryError> for Trouble {
    fn from(error: RegistryError) -> Self {
        Self::Error(error)
    }
}

impl<'a> Ask<'a> {
    pub(crate) fn new(what: &'a str, method: Method, place: Place) -> Self {
        Self { what, method, place, headers: Vec::new(), payload: Payload::Nothing }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn with(mut self, payload: Payload<'a>) -> Self {
        self.payload = payload;
        self
    }
}

impl Registry {
    /// Asks until there is an answer that is no passing trouble; any status else is the caller's to judge.
    pub(crate) fn send(&self, ask: &Ask<'_>) -> Result<Response<Body>, RegistryError> {
        let mut attempt = 1;
        loop {
            if self.options.stopped() {
                return Err(RegistryError::Stopped);
            }
            let last = attempt >= self.options.attempts;
            let asked = match self.exchange(ask) {
                Ok(answer) if !is_passing(answer.status().as_u16()) => return Ok(answer),
                Ok(answer) => match self.wish(ask.what, &answer)? {
                    _ if last => return Err(self.refusal(ask.what, answer)),
                    asked => asked,
                },
                Err(Trouble::Error(error)) => return Err(error),
                Err(Trouble::Broken(_)) if self.options.stopped() => return Err(RegistryError::Stopped),
                Err(Trouble::Broken(broken)) if last || !broken.should_retry() => {
                    return Err(self.broken(ask.what, broken, attempt));
                }
                Err(Trouble::Broken(_)) => None,
            };
            let own = pause::own(&self.options, attempt);
            if !pause::wait(asked.unwrap_or_default().max(own), &self.options) {
                return Err(RegistryError::Stopped);
            }
            attempt += 1;
        }
    }

    /// How long a refusal asks to wait.
    ///
    /// # Errors
    /// Longer than we are patient.
    pub(crate) fn wish(
        &self,
        what: &str,
        answer: &Response<Body>,
    ) -> Result<Option<std::time::Duration>, RegistryError> {
        #[expect(clippy::disallowed_methods, reason = "a registry may name the date after which to come back")]
        let now = Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH);
        let asked = pause::asked_for(header(answer, "retry-after"), header(answer, "x-retry-after"), now);
        match asked {
            Some(wait) if wait > self.options.patience => {
                let (registry, what) = (self.repository.registry().to_owned(), what.to_owned());
                Err(RegistryError::Busy { registry, what, wait })
            }
            asked => Ok(asked),
        }
    }

    /// Asks once: shows credentials where they are wanted, and follows redirects of what only reads.
    pub(crate) fn exchange(&self, ask: &Ask<'_>) -> Result<Response<Body>, Trouble> {
        let mut place = ask.place.clone();
        let (mut refused, mut hops) = (0, 0);
        loop {
            let shown = if place.is_registry { self.auth.header(|challenge| self.token(challenge))? } else { None };
            let answer = self.once(ask, &place, shown.as_ref())?;
            let status = answer.status().as_u16();
            if status == 401 && place.is_registry && refused < 2 && self.auth.refused(&answer, shown.as_ref()) {
                refused += 1;
                continue;
            }
            let reads = matches!(ask.method, Method::GET | Method::HEAD);
            match header(&answer, "location") {
                Some(location) if reads && matches!(status, 301 | 302 | 303 | 307 | 308) && hops < REDIRECTS => {
                    place = resolve(self.repository.registry(), &self.api, &place.url, location)?;
                    hops += 1;
                }
                _ => return Ok(answer),
            }
        }
    }

    fn once(&self, ask: &Ask<'_>, place: &Place, shown: Option<&Secret>) -> Result<Response<Body>, Trouble> {
        let mut request = Request::builder().method(ask.method.clone()).uri(place.url.as_str());
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if let Some(shown) = shown {
            request = request.header("Authorization", shown.expose());
        }
        let agent = self.http.agent(place.url.scheme() == "https");
        let nonsense = |_| Trouble::Error(self.nonsense(ask.what, "an address of it cannot be asked for".to_owned()));
        // Opened first: what is sent may itself come from a registry.
        let mut content = match &ask.payload {
            Payload::Stream(_, open) => Some(open()?),
            _ => None,
        };
        let _place = self.gate.enter();
        let answer = match (&ask.payload, &mut content) {
            (Payload::Stream(length, _), Some(reader)) => {
                let request = request.header("Content-Length", length.to_string());
                agent.run(request.body(SendBody::from_reader(reader)).map_err(nonsense)?)
            }
            (Payload::Bytes(bytes), _) => agent.run(request.body(*bytes).map_err(nonsense)?),
            _ if matches!(ask.method, Method::GET | Method::HEAD | Method::DELETE) => {
                agent.run(request.body(()).map_err(nonsense)?)
            }
            _ => agent.run(request.header("Content-Length", "0").body(SendBody::none()).map_err(nonsense)?),
        };
        answer.map_err(|error| Trouble::Broken(Broken::of(&error)))
    }

    /// A request to a token server, with a password where there is one, a few times where the connection breaks.
    pub(crate) fn get_with(&self, url: &Url, shown: Option<&Secret>) -> Result<Response<Body>, Broken> {
        self.some_times(|| {
            let mut request = self.http.agent(url.scheme() == "https").get(url.as_str());
            if let Some(shown) = shown {
                request = request.header("Authorization", shown.expose());
            }
            request.call()
        })
    }

    /// The same with a form in the body, where passwords do not reach the server's log.
    pub(crate) fn post_form(&self, url: &Url, form: &[(&str, &str)]) -> Result<Response<Body>, Broken> {
        let request = || self.http.agent(url.scheme() == "https").post(url.as_str());
        self.some_times(|| request().send_form(form.iter().copied()))
    }

    fn some_times(&self, ask: impl Fn() -> Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, Broken> {
        let mut attempt = 1;
        loop {
            let last = attempt >= self.options.attempts || self.options.stopped();
            let place = self.gate.enter();
            let asked = ask();
            drop(place);
            match asked {
                Ok(answer) if last || !is_passing(answer.status().as_u16()) => return Ok(answer),
                Ok(_) => {}
                Err(error) => {
                    let broken = Broken::of(&error);
                    if last || !broken.should_retry() {
                        return Err(broken);
                    }
                }
            }
            pause::wait(pause::own(&self.options, attempt), &self.options);
            attempt += 1;
        }
    }

    /// The error of an answer that is a refusal.
    pub(crate) fn refusal(&self, what: &str, mut answer: Response<Body>) -> RegistryError {
        let status = answer.status().as_u16();
        let is_html = header(&answer, "content-type").is_some_and(|kind| kind.starts_with("text/html"));
        let mut bytes = Vec::new();
        _ = answer.body_mut().as_reader().take(SAID).read_to_end(&mut bytes);
        RegistryError::Refused {
            registry: self.repository.registry().to_owned(),
            what: what.to_owned(),
            status,
            said: if is_html { "a page of HTML".to_owned() } else { said(&bytes) },
            known: self.auth.is_known(),
        }
    }

    pub(crate) fn broken(&self, what: &str, broken: Broken, attempts: u32) -> RegistryError {
        let (registry, what) = (self.repository.registry().to_owned(), what.to_owned());
        RegistryError::Broken { registry, what, broken, attempts }
    }

    pub(crate) fn nonsense(&self, what: &str, why: String) -> RegistryError {
        let (registry, what) = (self.repository.registry().to_owned(), what.to_owned());
        RegistryError::Nonsense { registry, what, why }
    }
}

/// A registry's own words for a refusal (OCI distribution spec, error codes), or whatever text it sent, on one line.
pub(crate) fn said(bytes: &[u8]) -> String {
    let json: Option<serde_json::Value> = serde_json::from_slice(bytes).ok();
    let errors = json.as_ref().and_then(|json| json.get("errors")?.as_array());
    let text =
        |error: &serde_json::Value, key: &str| error.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    let one =
        |error| [text(error, "code"), text(error, "message")].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let words = match errors {
        Some(errors) => errors.iter().map(one).collect::<Vec<_>>().join("; "),
        None => String::from_utf8_lossy(bytes).into_owned(),
    };
    let plain: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The status and words of a refusal.
pub(crate) fn said_of(error: &RegistryError) -> (u16, &str) {
    match error {
        RegistryError::Refused { status, said, .. } => (*status, said),
        _ => (0, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn a_refusals_words_are_told_on_one_line() {
        let json = br#"{"errors":[{"code":"DENIED","message":"no\u001b[1m way"},{"code":"X"}]}"#;
        assert_eq!(said(json), "DENIED: no [1m way; X");
        assert_eq!(said(b"out of\r\n  room\n"), "out of room");
        assert_eq!(said(b""), "");
        assert_eq!(said(&[b'x'; 1000]).len(), 300);
    }
}
