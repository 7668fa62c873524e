use crate::head::pairs;
use crate::reply::{Outcome, Reply};
use crate::seen::{Authorization, Records, Seen};
use crate::server::{Exchange, Server, Service};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// GitHub's and GitLab's commit statuses: `POST /repos/OWNER/NAME/statuses/SHA`, `POST /api/v4/projects/ID/statuses/SHA`.
pub struct FakeStatuses {
    server: Server,
    service: Arc<Statuses>,
}

/// A status that was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitStatus {
    /// `OWNER/NAME`, or GitLab's number or path of a project.
    pub project: String,
    /// The commit.
    pub sha: String,
    /// `success` and so on, in the service's own words.
    pub state: String,
    /// What GitHub calls `context` and GitLab `name`.
    pub context: String,
    /// Where it leads.
    pub target_url: String,
    /// What it says.
    pub description: String,
}

struct Statuses {
    token: String,
    records: Records,
    set: Mutex<Vec<CommitStatus>>,
}

impl FakeStatuses {
    /// Starts one that takes this token alone.
    ///
    /// # Panics
    ///
    /// There is no port.
    pub fn start(token: &str) -> Self {
        let service =
            Arc::new(Statuses { token: token.to_owned(), records: Records::default(), set: Mutex::default() });
        let server = Server::start(0, Arc::clone(&service) as _).expect("a port");
        Self { server, service }
    }

    /// `http://127.0.0.1:PORT`, in place of `https://api.github.com` or `https://gitlab.com`.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// What was set, in order.
    pub fn set(&self) -> Vec<CommitStatus> {
        self.service.lock().clone()
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Seen> {
        self.service.records.requests()
    }
}

impl Statuses {
    fn lock(&self) -> MutexGuard<'_, Vec<CommitStatus>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// GitLab takes a token in headers of its own, too; a job's token is among them.
    fn knows(&self, x: &Exchange<'_>, gitlab: bool) -> bool {
        let bearer = Authorization::of(&x.head)
            .filter(|shown| ["bearer", "token"].contains(&shown.scheme.to_ascii_lowercase().as_str()))
            .is_some_and(|shown| shown.value == self.token);
        let own = |name: &str| x.head.header(name) == Some(self.token.as_str());
        bearer || (gitlab && (own("private-token") || own("job-token")))
    }
}

/// The fields of a request: JSON, a form, or, at GitLab, the query.
fn fields(x: &mut Exchange<'_>) -> Option<BTreeMap<String, String>> {
    let body = x.body.whole(1 << 20).ok()?;
    let value: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut fields: BTreeMap<String, String> = pairs(&x.head.query).into_iter().collect();
    match value.as_object() {
        Some(object) => fields.extend(
            object
                .iter()
                .map(|(key, value)| (key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))),
        ),
        None => fields.extend(pairs(&String::from_utf8_lossy(&body))),
    }
    Some(fields)
}

impl Service for Statuses {
    fn answer(&self, x: &mut Exchange<'_>) -> Outcome {
        let Some(fields) = fields(x) else { return Outcome::Close };
        let path = x.head.path.clone();
        let (rest, gitlab) = match (path.strip_prefix("/repos/"), path.strip_prefix("/api/v4/projects/")) {
            (Some(rest), _) => (rest, false),
            (_, Some(rest)) => (rest, true),
            _ => return Reply::json(404, &json!({ "message": "Not Found" })).into(),
        };
        let Some((project, sha)) = rest.split_once("/statuses/").filter(|_| x.head.is("POST")) else {
            return Reply::json(404, &json!({ "message": "Not Found" })).into();
        };
        if !self.knows(x, gitlab) {
            return Reply::json(401, &json!({ "message": "Bad credentials" })).into();
        }
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let states: &[&str] = match gitlab {
            false => &["error", "failure", "pending", "success"],
            true => &["pending", "running", "success", "failed", "canceled", "skipped"],
        };
        let (limit, refusal) = if gitlab { (255, 400) } else { (140, 422) };
        if !states.contains(&field("state").as_str()) || field("description").chars().count() > limit {
            return Reply::json(refusal, &json!({ "message": "Validation Failed" })).into();
        }
        let context = if gitlab { field("name") } else { field("context") };
        let (state, target_url, description) = (field("state"), field("target_url"), field("description"));
        let (project, sha) = (project.to_owned(), sha.to_owned());
        self.lock().push(CommitStatus { project, sha, state, context, target_url, description });
        Reply::json(201, &json!({ "id": self.lock().len() })).into()
    }

    fn records(&self) -> &Records {
        &self.records
    }
}
