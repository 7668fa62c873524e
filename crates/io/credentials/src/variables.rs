//! Credentials that stand in variables themselves.

use crate::key::Key;
use crate::{Credential, CredentialError, Found, Secret};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// The variables of one kind of credential.
pub(crate) struct Variables {
    host: &'static str,
    user: &'static str,
    password: &'static str,
}

/// Our own.
pub(crate) const OWN: Variables = Variables {
    host: "SAGE_OCI_REGISTRY_HOST",
    user: "SAGE_OCI_REGISTRY_USER",
    password: "SAGE_OCI_REGISTRY_PASSWORD",
};

/// Those of a GitLab job, for the registry of its own project's server.
pub(crate) const GITLAB: Variables =
    Variables { host: "CI_REGISTRY", user: "CI_REGISTRY_USER", password: "CI_REGISTRY_PASSWORD" };

impl Variables {
    /// The credential, where it is for this registry. Where no host is named, `without_host` says whether it is.
    pub(crate) fn find(
        &self,
        environment: &BTreeMap<OsString, OsString>,
        registry: &Key,
        without_host: bool,
    ) -> Result<Option<Found>, CredentialError> {
        let text = |name| text(environment, name);
        let meant = text(self.host)?.map_or(without_host, |host| Key::parse(host).host == registry.host);
        if !meant {
            return Ok(None);
        }
        let (user, password) = match (text(self.user)?, text(self.password)?) {
            (Some(user), Some(password)) => (user, password),
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(CredentialError::Half { present: self.user, absent: self.password }),
            (None, Some(_)) => return Err(CredentialError::Half { present: self.password, absent: self.user }),
        };
        let credential = Credential::Basic { user: user.to_owned(), password: Secret::new(password) };
        let from = format!("the variables `{}` and `{}`", self.user, self.password);
        Ok(Some(Found { credential, from }))
    }
}

/// A variable's text; one that is empty counts as not set, as CI services have it.
pub(crate) fn text<'a>(
    environment: &'a BTreeMap<OsString, OsString>,
    variable: &'static str,
) -> Result<Option<&'a str>, CredentialError> {
    match environment.get(OsStr::new(variable)).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(value) => value.to_str().map(Some).ok_or(CredentialError::NotText { variable }),
    }
}
