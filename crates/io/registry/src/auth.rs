use crate::RegistryError;
use crate::challenge::Challenge;
use crate::registry::Registry;
use crate::repository::is_loopback;
use crate::token::Token;
use data_encoding::BASE64;
use sage_oci_credentials::{Credential, Secret};
use sage_oci_http::Broken;
use std::io::Read;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use ureq::Body;
use ureq::http::Response;
use url::Url;

/// No honest token server says more, in bytes.
const LONGEST: u64 = 256 * 1024;

/// Who we are, and what the registry has asked for so far.
#[derive(Debug)]
pub(crate) struct Auth {
    credential: Option<Credential>,
    /// Held while a token is fetched, so that threads that are refused together ask for one.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    challenge: Option<Challenge>,
    token: Option<Token>,
}

impl Auth {
    pub(crate) fn new(credential: Option<Credential>) -> Self {
        Self { credential, state: Mutex::default() }
    }

    /// Whether we have anything to show.
    pub(crate) fn is_known(&self) -> bool {
        self.credential.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The header to send, by what the registry has asked for before; a token near its end is renewed first.
    pub(crate) fn header(&self, registry: &Registry) -> Result<Option<Secret>, RegistryError> {
        let mut state = self.state();
        match (&self.credential, &state.challenge) {
            (Some(Credential::RegistryToken { token }), _) => Ok(Some(bearer(token))),
            (_, None) => Ok(None),
            (credential, Some(Challenge::Basic)) => Ok(basic(credential.as_ref())),
            (_, Some(Challenge::Bearer { .. })) => {
                if !state.token.as_ref().is_some_and(|token| token.is_fresh(Instant::now())) {
                    state.token = self.fetch(registry, &state)?;
                }
                Ok(state.token.as_ref().map(|token| bearer(&token.secret)))
            }
        }
    }

    /// Takes note of a refusal; true where another attempt, with the header that there is now, can go better.
    pub(crate) fn refused(&self, answer: &Response<Body>, sent: Option<&Secret>) -> bool {
        let headers = answer.headers().get_all("www-authenticate").iter().filter_map(|value| value.to_str().ok());
        let Some(challenge) = Challenge::choose(headers) else { return false };
        let mut state = self.state();
        let stale = match (&state.token, sent) {
            // Another thread has a newer one already.
            (Some(token), Some(sent)) => bearer(&token.secret).expose() == sent.expose(),
            _ => true,
        };
        let first = sent.is_none();
        let bearer = matches!(challenge, Challenge::Bearer { .. });
        if stale {
            state.token = None;
        }
        if state.challenge.is_none() || bearer {
            state.challenge = Some(challenge);
        }
        // With a password that was refused, nothing gets better; a token may have come to its end.
        (first || bearer) && (bearer || basic(self.credential.as_ref()).is_some())
    }

    /// Asks the token server; none where it gives none to those without credentials.
    fn fetch(&self, registry: &Registry, state: &State) -> Result<Option<Token>, RegistryError> {
        let Some(Challenge::Bearer { realm, service, .. }) = &state.challenge else { return Ok(None) };
        let scopes = registry.scopes();
        // Who may not read a sibling may still write here.
        let mut tries = vec![scopes.as_slice()];
        if scopes.len() > 1 {
            tries.push(&scopes[..1]);
        }
        let mut last = None;
        for scopes in tries {
            match self.ask(registry, realm, service.as_deref(), scopes) {
                Ok(token) => return Ok(Some(token)),
                Err(error @ RegistryError::NoToken { .. }) => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        last.map_or(Ok(None), Err)
    }

    fn ask(
        &self,
        registry: &Registry,
        realm: &str,
        service: Option<&str>,
        scopes: &[String],
    ) -> Result<Token, RegistryError> {
        let name = registry.repository().registry();
        let fail = |why: String| RegistryError::NoToken { registry: name.to_owned(), why };
        let mut url = Url::parse(realm).map_err(|_| fail("the registry names no address for tokens".to_owned()))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        // The registry says where passwords go; without TLS anybody on the way could have said it.
        if url.scheme() != "https"
            && !(url.scheme() == "http" && registry.repository().is_plain() && is_loopback(&host))
        {
            let to = format!("{}://{host}", url.scheme());
            return Err(RegistryError::Insecure { registry: name.to_owned(), to });
        }
        let mut form: Vec<(&str, &str)> = service.map(|service| ("service", service)).into_iter().collect();
        let joined = scopes.join(" ");
        let asked = if let Some(Credential::IdentityToken { token }) = &self.credential {
            form.extend([("grant_type", "refresh_token"), ("client_id", "sage-oci"), ("access_type", "offline")]);
            form.extend([("scope", joined.as_str()), ("refresh_token", token.expose())]);
            registry.post_form(&url, &form)
        } else {
            form.extend(scopes.iter().map(|scope| ("scope", scope.as_str())));
            url.query_pairs_mut().extend_pairs(form);
            registry.get_with(&url, basic(self.credential.as_ref()).as_ref())
        };
        let mut answer = asked.map_err(|broken: Broken| fail(format!("{host}: {broken}")))?;
        let status = answer.status().as_u16();
        let mut bytes = Vec::new();
        // What a token server says may hold the token: of a refusal only the status is told.
        let read = answer.body_mut().as_reader().take(LONGEST).read_to_end(&mut bytes);
        match (status, read) {
            (200, Ok(_)) => {
                Token::read(&bytes, Instant::now()).ok_or_else(|| fail(format!("{host} answers without one")))
            }
            (200, Err(error)) => Err(fail(format!("{host}: {}", Broken::of_reading(&error)))),
            (401 | 403, _) if self.is_known() => {
                Err(fail(format!("{host} does not take the credentials (status {status})")))
            }
            (status, _) => Err(fail(format!("{host} says status {status}"))),
        }
    }
}

fn bearer(token: &Secret) -> Secret {
    Secret::new(format!("Bearer {}", token.expose()))
}

fn basic(credential: Option<&Credential>) -> Option<Secret> {
    match credential? {
        Credential::Basic { user, password } => {
            let pair = format!("{user}:{}", password.expose());
            Some(Secret::new(format!("Basic {}", BASE64.encode(pair.as_bytes()))))
        }
        _ => None,
    }
}
