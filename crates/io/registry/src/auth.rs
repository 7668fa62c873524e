use crate::RegistryError;
use crate::challenge::Challenge;
use crate::token::Token;
use data_encoding::BASE64;
use sage_oci_credentials::{Credential, Secret};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use ureq::Body;
use ureq::http::Response;

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

    /// What we have to show.
    pub(crate) fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }

    /// Whether we have anything to show.
    pub(crate) fn is_known(&self) -> bool {
        self.credential.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The header to send, by what the registry has asked for before; a token near its end is fetched anew first.
    pub(crate) fn header(
        &self,
        fetch: impl FnOnce(&Challenge) -> Result<Token, RegistryError>,
    ) -> Result<Option<Secret>, RegistryError> {
        let mut state = self.state();
        match (&self.credential, &state.challenge) {
            (Some(Credential::RegistryToken { token }), _) => Ok(Some(bearer(token))),
            (_, None) => Ok(None),
            (credential, Some(Challenge::Basic)) => Ok(basic(credential.as_ref())),
            (_, Some(challenge @ Challenge::Bearer { .. })) => {
                if !state.token.as_ref().is_some_and(|token| token.is_fresh(Instant::now())) {
                    state.token = Some(fetch(challenge)?);
                }
                Ok(state.token.as_ref().map(|token| bearer(&token.secret)))
            }
        }
    }

    /// Takes note of a refusal; true where another attempt, with the header that there is now, can go better.
    pub(crate) fn refused(&self, answer: &Response<Body>, sent: Option<&Secret>) -> bool {
        let headers = answer.headers().get_all("www-authenticate").iter().filter_map(|value| value.to_str().ok());
        let Some(challenge) = Challenge::choose(headers) else { return false };
        // What was given once and for all does not change, and a new token is asked for no more than the old one was.
        let narrow =
            matches!(&challenge, Challenge::Bearer { error: Some(error), .. } if error == "insufficient_scope");
        if matches!(self.credential, Some(Credential::RegistryToken { .. })) || narrow && sent.is_some() {
            return false;
        }
        let mut state = self.state();
        let stale = match (&state.token, sent) {
            // Else another thread has a newer one already.
            (Some(token), Some(sent)) => bearer(&token.secret).expose() == sent.expose(),
            _ => false,
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
        bearer || first && basic(self.credential.as_ref()).is_some()
    }
}

fn bearer(token: &Secret) -> Secret {
    Secret::new(format!("Bearer {}", token.expose()))
}

pub(crate) fn basic(credential: Option<&Credential>) -> Option<Secret> {
    match credential? {
        Credential::Basic { user, password } => {
            let pair = format!("{user}:{}", password.expose());
            Some(Secret::new(format!("Basic {}", BASE64.encode(pair.as_bytes()))))
        }
        _ => None,
    }
}
