use crate::RegistryError;
use crate::auth::basic;
use crate::challenge::Challenge;
use crate::registry::Registry;
use crate::token::Token;
use sage_oci_credentials::Credential;
use sage_oci_http::{Broken, is_this_machine};
use std::io::Read;
use std::time::Instant;
use url::Url;

/// No honest token server says more, in bytes.
const LONGEST: u64 = 256 * 1024;

impl Registry {
    /// Asks the token server that a challenge names.
    pub(crate) fn token(&self, challenge: &Challenge) -> Result<Token, RegistryError> {
        let Challenge::Bearer { realm, service, .. } = challenge else {
            return Err(self.nonsense("a token", "it wants a password and no token".to_owned()));
        };
        let scopes = self.scopes();
        match self.token_for(realm, service.as_deref(), &scopes) {
            // Who may not read a sibling may still write here.
            Err(RegistryError::NoToken { .. }) if scopes.len() > 1 => {
                self.token_for(realm, service.as_deref(), &scopes[..1])
            }
            token => token,
        }
    }

    fn token_for(&self, realm: &str, service: Option<&str>, scopes: &[String]) -> Result<Token, RegistryError> {
        let name = self.repository().registry();
        let fail = |why: String| RegistryError::NoToken { registry: name.to_owned(), why };
        let mut url = Url::parse(realm).map_err(|_| fail("the registry names no address for tokens".to_owned()))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if !may_see_a_password(&url, &self.api) {
            let to = format!("{}://{host}", url.scheme());
            return Err(RegistryError::Insecure { registry: name.to_owned(), to });
        }
        let mut form: Vec<(&str, &str)> = service.map(|service| ("service", service)).into_iter().collect();
        let joined = scopes.join(" ");
        let asked = if let Some(Credential::IdentityToken { token }) = self.auth.credential() {
            form.extend([("grant_type", "refresh_token"), ("client_id", "sage-oci"), ("access_type", "offline")]);
            form.extend([("scope", joined.as_str()), ("refresh_token", token.expose())]);
            self.post_form(&url, &form)
        } else {
            form.extend(scopes.iter().map(|scope| ("scope", scope.as_str())));
            url.query_pairs_mut().extend_pairs(form);
            self.get_with(&url, basic(self.auth.credential()).as_ref())
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
            (401 | 403, _) if self.auth.is_known() => {
                Err(fail(format!("{host} does not take the credentials (status {status})")))
            }
            (status, _) => Err(fail(format!("{host} says status {status}"))),
        }
    }
}

/// Whether a token server may be shown a password. The registry names it, and without TLS anybody on the way could have: so it is
/// reached without TLS only where the registry itself is, and on this machine or under the registry's own address.
fn may_see_a_password(realm: &Url, api: &Url) -> bool {
    let here = realm.origin() == api.origin() || is_this_machine(realm);
    realm.scheme() == "https" || realm.scheme() == "http" && api.scheme() == "http" && here
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Access, Options, Repository};

    #[test]
    fn a_password_goes_to_no_other_host_without_tls() {
        let may = |realm: &str, api: &str| may_see_a_password(&Url::parse(realm).unwrap(), &Url::parse(api).unwrap());
        let (safe, plain, local) = ("https://r.example/v2/", "http://r.example:5000/v2/", "http://127.0.0.1:5000/v2/");
        for api in [safe, plain, local] {
            assert!(may("https://auth.example/token", api), "{api}");
            assert!(!may("http://auth.example/token", api), "{api}");
            assert!(!may("ftp://127.0.0.1/token", api), "{api}");
        }
        assert!(!may("http://r.example/token", safe) && !may("http://127.0.0.1/token", safe));
        assert!(may("http://r.example:5000/token", plain) && !may("http://r.example:5001/token", plain));
        assert!(may("http://127.0.0.1:1/token", local) && may("http://[::1]:1/token", local));
    }

    #[test]
    fn an_address_without_tls_is_named_without_what_is_in_it() {
        let repository = Repository::parse("r.example/a", false).unwrap();
        let registry = Registry::open(repository, Access::Pull, &[], None, Options::default()).unwrap();
        let error = registry.token_for("http://user:secret@auth.example/t?x=secret", None, &[]).unwrap_err();
        assert_eq!(error.to_string(), "r.example sends us to http://auth.example, which is not https");
        let error = registry.token_for("no address", None, &[]).unwrap_err().to_string();
        assert_eq!(error, "no token for r.example: the registry names no address for tokens");
    }
}
