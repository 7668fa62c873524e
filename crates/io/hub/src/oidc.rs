use crate::HubError;
use crate::error::EXCHANGE;
use crate::exchange::{Asked, address, ask, connections, text};
use sage_oci_credentials::Secret;
use url::form_urlencoded::Serializer;

/// Who takes GitHub's tokens for the Hub.
pub const IDENTITY: &str = "https://identity.docker.com";

/// For whom GitHub's token is: whoever else gets hold of it can do nothing with it.
const AUDIENCE: &str = "https://identity.docker.com";

/// What a job of GitHub's with the permission `id-token: write` has in its environment.
pub struct GitHub {
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
    pub url: String,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub token: Secret,
}

/// Gets a token of Docker's that is valid for five minutes and takes a password's place, for the organisation that has the OIDC
/// connection with this id. `identity` is [`IDENTITY`], if it is no test's.
///
/// # Errors
/// An address is none for a token, or GitHub or Docker refuses.
pub fn github_token(github: &GitHub, identity: &str, connection: &str) -> Result<Secret, HubError> {
    let http = connections()?;
    let action = "get a token from GitHub";
    let mut url = address(&github.url)?;
    url.query_pairs_mut().append_pair("audience", AUDIENCE);
    let asked = Asked { action, method: "GET", url: &url, bearer: Some(&github.token), body: None };
    let token = text(&ask(&http, asked)?, action, &url, "value")?;
    let mut url = address(identity)?;
    url.set_path("/oauth/token");
    // RFC 8693, section 2.1, and Docker's own two fields.
    let body = Serializer::new(String::new())
        .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
        .append_pair("subject_token_type", "urn:ietf:params:oauth:token-type:id_token")
        .append_pair("subject_token", &token)
        .append_pair("connection_id", connection)
        .append_pair("expires_in", "300")
        .finish();
    let body = Some(("application/x-www-form-urlencoded", body));
    let answer = ask(&http, Asked { action: EXCHANGE, method: "POST", url: &url, bearer: None, body })?;
    Ok(Secret::new(text(&answer, EXCHANGE, &url, "access_token")?))
}
