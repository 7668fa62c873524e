use crate::head::pairs;
use crate::reply::{Outcome, Reply};
use crate::seen::{Authorization, Records, Seen};
use crate::server::{Exchange, Server, Service};
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const SUBJECTS: [&str; 2] = ["urn:ietf:params:oauth:token-type:id_token", "urn:ietf:params:oauth:token-type:jwt"];

/// The two ends of signing in without a password: GitHub's identity tokens for a job (`ACTIONS_ID_TOKEN_REQUEST_URL`), and an
/// exchange of them for an access token after RFC 8693 (`POST /oauth/token`).
pub struct FakeIssuer {
    server: Server,
    issuer: Arc<Issuer>,
}

struct Issuer {
    request_token: String,
    audience: String,
    records: Records,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Identity tokens and their audiences.
    identities: BTreeMap<String, String>,
    access: Vec<String>,
    connection: Option<String>,
    refuses: bool,
}

impl FakeIssuer {
    /// Starts one that a job asks with this request token; the exchange takes identity tokens for this audience.
    ///
    /// # Panics
    ///
    /// There is no port.
    pub fn start(request_token: &str, audience: &str) -> Self {
        let (records, inner) = (Records::default(), Mutex::default());
        let (request_token, audience) = (request_token.to_owned(), audience.to_owned());
        let issuer = Arc::new(Issuer { request_token, audience, records, inner });
        let server = Server::start(0, Arc::clone(&issuer) as _).expect("a port");
        Self { server, issuer }
    }

    /// `http://127.0.0.1:PORT`, in place of `https://identity.docker.com`.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// The value of `ACTIONS_ID_TOKEN_REQUEST_URL`, to which a job appends `&audience=…`.
    pub fn request_url(&self) -> String {
        format!("{}/idtoken?api-version=2.0", self.url())
    }

    /// The access tokens that were given so far.
    pub fn access_tokens(&self) -> Vec<String> {
        self.issuer.lock().access.clone()
    }

    /// From now on the exchange wants this `connection_id`, as Docker Hub does for each organisation that has set up the trust.
    pub fn connection(&self, id: &str) {
        self.issuer.lock().connection = Some(id.to_owned());
    }

    /// From now on no identity token is exchanged: nobody has set up the trust.
    pub fn refuses(&self) {
        self.issuer.lock().refuses = true;
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Seen> {
        self.issuer.records.requests()
    }
}

impl Issuer {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn identity(&self, x: &Exchange<'_>) -> Reply {
        let shown = Authorization::of(&x.head).filter(|shown| shown.scheme.eq_ignore_ascii_case("bearer"));
        if shown.is_none_or(|shown| shown.value != self.request_token) {
            return Reply::json(401, &json!({ "message": "the request token is not valid" }));
        }
        let audience = x.head.value("audience").unwrap_or_else(|| "https://github.com/owner".to_owned());
        let mut inner = self.lock();
        let claims = json!({
            "iss": "https://token.actions.githubusercontent.com",
            "aud": audience,
            "sub": "repo:owner/name:ref:refs/heads/main",
            "jti": inner.identities.len(),
        });
        let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        let head = part(&json!({ "typ": "JWT", "alg": "RS256" }).to_string());
        let token = format!("{head}.{}.{}", part(&claims.to_string()), part("no signature"));
        inner.identities.insert(token.clone(), audience);
        Reply::json(200, &json!({ "count": 1, "value": token }))
    }

    /// RFC 8693, sections 2.1 and 2.2.
    fn exchange(&self, x: &mut Exchange<'_>) -> io::Result<Reply> {
        let body = String::from_utf8_lossy(&x.body.whole(64 * 1024)?).into_owned();
        let form = pairs(&body);
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let error = |code: &str| Ok(Reply::json(400, &json!({ "error": code })));
        if field("grant_type") != GRANT {
            return error("unsupported_grant_type");
        }
        if !SUBJECTS.contains(&field("subject_token_type")) {
            return error("invalid_request");
        }
        let mut inner = self.lock();
        let right = inner.identities.get(field("subject_token")).is_some_and(|audience| *audience == self.audience);
        let known = inner.connection.as_ref().is_none_or(|id| *id == field("connection_id"));
        if !right || !known || inner.refuses {
            return error("invalid_grant");
        }
        // Docker Hub's range and default, as docker/login-action 4.6 knows them.
        let life = if field("expires_in").is_empty() { Some(300) } else { field("expires_in").parse::<u32>().ok() };
        let Some(life) = life.filter(|life| (300..=3600).contains(life)) else { return error("invalid_request") };
        let token = format!("exchanged-{}", inner.access.len() + 1);
        inner.access.push(token.clone());
        Ok(Reply::json(
            200,
            &json!({ "access_token": token, "issued_token_type": ACCESS, "token_type": "Bearer", "expires_in": life }),
        ))
    }
}

impl Service for Issuer {
    fn answer(&self, x: &mut Exchange<'_>) -> Outcome {
        match (x.head.method.as_str(), x.head.path.as_str()) {
            ("GET", "/idtoken") => self.identity(x).into(),
            ("POST", "/oauth/token") => self.exchange(x).map_or(Outcome::Close, Outcome::Reply),
            _ => Reply::json(404, &json!({ "message": "Not Found" })).into(),
        }
    }

    fn records(&self) -> &Records {
        &self.records
    }
}
