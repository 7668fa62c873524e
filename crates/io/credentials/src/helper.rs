//! Programs that keep credentials: docker's protocol for `docker-credential-NAME`.

use crate::key::Key;
use crate::run::{Ended, Trouble, run};
use crate::{Credential, CredentialError, Found, Place, Secret};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::time::Duration;

/// What a helper says, with a failure, where it has nothing for a server. The protocol has no other way to say so.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// The user's name that marks an identity token.
const TOKEN: &str = "<token>";

/// A helper and what names it.
pub(crate) struct Helper<'a> {
    /// The end of the program's name.
    pub(crate) name: &'a str,
    pub(crate) place: &'a Place,
    /// The way to the name.
    pub(crate) key: String,
}

impl Helper<'_> {
    /// What it keeps for a registry. It gets all of the environment: a helper may need any secret that is there.
    pub(crate) fn get(
        &self,
        registry: &Key,
        environment: &BTreeMap<OsString, OsString>,
        limit: Duration,
    ) -> Result<Option<Found>, CredentialError> {
        let program = format!("docker-credential-{}", self.name);
        let (place, key) = (|| self.place.clone(), || self.key.clone());
        let path = environment.get(OsStr::new("PATH"));
        let Ok(file) = which::which_in(&program, path, "/") else {
            return Err(CredentialError::NoHelper { program, place: place(), key: key() });
        };
        for server in registry.servers() {
            let server = server.to_owned();
            let mut command = sage_oci_child::trusted_command(&file);
            command.arg("get").env_clear().envs(environment);
            let Ended { status, output } = match run(command, server.as_bytes(), limit) {
                Ok(ended) => ended,
                Err(Trouble::TimedOut) => return Err(CredentialError::HelperTimedOut { program, limit, server }),
                Err(Trouble::Start(source)) => {
                    return Err(CredentialError::HelperStart { program, place: place(), key: key(), source });
                }
            };
            if !status.success() {
                if output.trim_ascii() == NOT_FOUND.as_bytes() {
                    continue;
                }
                let status = status.to_string();
                return Err(CredentialError::HelperFailed { program, status, server, place: place(), key: key() });
            }
            match answer(&output) {
                Some(Some(credential)) => {
                    let from = format!("`{program}`, which {} names", self.place);
                    return Ok(Some(Found { credential, from }));
                }
                Some(None) => {}
                None => return Err(CredentialError::HelperAnswer { program, server }),
            }
        }
        Ok(None)
    }
}

/// A helper's answer; `Some(None)` where it is empty, none where it is no answer.
fn answer(output: &[u8]) -> Option<Option<Credential>> {
    let value: Value = serde_json::from_slice(output).ok()?;
    let text = |name: &str| value.get(name)?.as_str();
    let (user, secret) = (text("Username")?, text("Secret")?);
    Some(match (user, secret) {
        ("", "") => None,
        ("", _) | (_, "") => return None,
        (TOKEN, token) => Some(Credential::IdentityToken { token: Secret::new(token) }),
        (user, password) => Some(Credential::Basic { user: user.to_owned(), password: Secret::new(password) }),
    })
}
