use crate::head::Head;
use crate::reply::{Outcome, Reply};
use crate::seen::{Authorization, Records, Seen};
use crate::server::{Exchange, Server, Service};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What Docker Hub takes of a description.
const LIMIT: usize = 25_000;

/// Docker Hub's API, as far as descriptions go: `POST /v2/auth/token`, `PATCH` and `GET /v2/repositories/NAMESPACE/NAME/`.
///
/// The part about descriptions is documented nowhere; this is what scripts in use rely on.
pub struct FakeHub {
    server: Server,
    hub: Arc<Hub>,
}

struct Hub {
    identifier: String,
    secret: String,
    records: Records,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    descriptions: BTreeMap<String, String>,
    tokens: BTreeSet<String>,
    forgets: bool,
    next: Option<u16>,
}

impl FakeHub {
    /// Starts one that knows one account, and no repository.
    ///
    /// # Panics
    ///
    /// There is no port.
    pub fn start(identifier: &str, secret: &str) -> Self {
        let (records, inner) = (Records::default(), Mutex::default());
        let hub = Arc::new(Hub { identifier: identifier.to_owned(), secret: secret.to_owned(), records, inner });
        let server = Server::start(0, Arc::clone(&hub) as _).expect("a port");
        Self { server, hub }
    }

    /// `http://127.0.0.1:PORT`, in place of `https://hub.docker.com`.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// It has a repository, as `namespace/name`, without a description.
    pub fn repository(&self, name: &str) {
        self.hub.lock().descriptions.insert(name.to_owned(), String::new());
    }

    /// The full description of a repository.
    pub fn description(&self, name: &str) -> Option<String> {
        self.hub.lock().descriptions.get(name).cloned()
    }

    /// From now on it says that it took a description and keeps the old one.
    pub fn forgets(&self) {
        self.hub.lock().forgets = true;
    }

    /// The next request is answered with this status.
    pub fn fail_next(&self, status: u16) {
        self.hub.lock().next = Some(status);
    }

    /// The tokens that were given end now.
    pub fn expire_tokens(&self) {
        self.hub.lock().tokens.clear();
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Seen> {
        self.hub.records.requests()
    }
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log_in(&self, body: &Value) -> Reply {
        if body["identifier"] != json!(self.identifier) || body["secret"] != json!(self.secret) {
            return Reply::json(401, &json!({ "detail": "Incorrect authentication credentials" }));
        }
        let mut inner = self.lock();
        let token = format!("hub-token-{}", inner.tokens.len() + 1);
        inner.tokens.insert(token.clone());
        Reply::json(200, &json!({ "access_token": token }))
    }

    fn repository(&self, head: &Head, name: &str, body: &Value) -> Reply {
        let mut inner = self.lock();
        let Some(old) = inner.descriptions.get(name).cloned() else {
            return Reply::json(404, &json!({ "message": "object not found" }));
        };
        let page = |text: &str| {
            let (namespace, short) = name.split_once('/').unwrap_or(("", name));
            Reply::json(200, &json!({ "namespace": namespace, "name": short, "full_description": text }))
        };
        if head.is("GET") {
            return page(&old);
        }
        if !head.is("PATCH") {
            return Reply::json(405, &json!({ "detail": "method not allowed" }));
        }
        let shown = Authorization::of(head).filter(|shown| shown.scheme.eq_ignore_ascii_case("bearer"));
        if !shown.is_some_and(|shown| inner.tokens.contains(&shown.value)) {
            return Reply::json(401, &json!({ "detail": "unauthorized" }));
        }
        match body["full_description"].as_str() {
            Some(text) if text.len() > LIMIT => Reply::json(
                400,
                &json!({ "full_description": ["Ensure this field has no more than 25000 characters."] }),
            ),
            Some(text) => {
                if !inner.forgets {
                    inner.descriptions.insert(name.to_owned(), text.to_owned());
                }
                page(text)
            }
            None => page(&old),
        }
    }
}

impl Service for Hub {
    fn answer(&self, x: &mut Exchange<'_>) -> Outcome {
        let Ok(body) = x.body.whole(1 << 20) else { return Outcome::Close };
        if let Some(status) = self.lock().next.take() {
            return Reply::json(status, &json!({ "message": "as asked" })).into();
        }
        let value: Value = serde_json::from_slice(&body).unwrap_or_default();
        let path = x.head.path.trim_end_matches('/').to_owned();
        match path.strip_prefix("/v2/repositories/") {
            Some(name) => self.repository(&x.head, name, &value),
            None if path == "/v2/auth/token" && x.head.is("POST") => self.log_in(&value),
            None => Reply::json(404, &json!({ "message": "object not found" })),
        }
        .into()
    }

    fn records(&self) -> &Records {
        &self.records
    }
}
