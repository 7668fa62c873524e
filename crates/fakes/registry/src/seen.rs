use crate::head::Head;
use std::fmt;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A request as it came in, and what it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `GET` and so on.
    pub method: String,
    /// Percent-decoded, without the query.
    pub path: String,
    /// As it was sent, without the question mark.
    pub query: String,
    /// What it showed in `Authorization`.
    pub authorization: Option<Authorization>,
    /// All other headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// `Content-Range`, as it was sent.
    pub content_range: Option<String>,
    /// `Content-Length`; `None` in a request without a body or with one in chunks.
    pub content_length: Option<u64>,
    /// How many bytes of its body came.
    pub received: u64,
    /// The status of the answer; 0 while there is none, and for ever where the connection was cut.
    pub status: u16,
    /// Which connection it came on, counted from 1: equal numbers mean that a connection was used again.
    pub connection: u64,
}

impl Seen {
    /// The first header of this name (lower case), other than `Authorization`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Method, path and status, as `PUT /v2/a/manifests/latest 201`.
    pub fn line(&self) -> String {
        format!("{} {} {}", self.method, self.path, self.status)
    }
}

/// The value of an `Authorization` header. Printed for people it shows the scheme alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization {
    /// `Basic`, `Bearer`.
    pub scheme: String,
    /// What stands behind it.
    pub value: String,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} …", self.scheme)
    }
}

impl Authorization {
    pub(crate) fn of(head: &Head) -> Option<Self> {
        let (scheme, value) = head.header("authorization")?.split_once(' ')?;
        Some(Self { scheme: scheme.to_owned(), value: value.trim().to_owned() })
    }
}

/// What a server has seen.
#[derive(Default)]
pub(crate) struct Records(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    requests: Vec<Seen>,
    /// Requests that were forgotten; the numbers of the others go on.
    forgotten: usize,
    received: u64,
    now: usize,
    most: usize,
    log: Option<std::fs::File>,
}

impl Records {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere cannot leave these lists half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn log_to(&self, file: std::fs::File) {
        self.lock().log = Some(file);
    }

    /// A request has begun; gives its number.
    pub fn begin(&self, head: &Head, connection: u64) -> usize {
        let mut inner = self.lock();
        inner.now += 1;
        inner.most = inner.most.max(inner.now);
        inner.requests.push(Seen {
            method: head.method.clone(),
            path: head.path.clone(),
            query: head.query.clone(),
            authorization: Authorization::of(head),
            headers: head.headers.iter().filter(|(name, _)| name != "authorization").cloned().collect(),
            content_range: head.header("content-range").map(str::to_owned),
            content_length: head.header("content-length").and_then(|value| value.parse().ok()),
            received: 0,
            status: 0,
            connection,
        });
        inner.forgotten + inner.requests.len() - 1
    }

    /// It is answered, or, with 0, never will be.
    pub fn answered(&self, number: usize, status: u16, received: u64) {
        let mut inner = self.lock();
        let Some(seen) = number.checked_sub(inner.forgotten).and_then(|at| inner.requests.get_mut(at)) else { return };
        seen.status = status;
        let more = received - seen.received;
        seen.received = received;
        let line = format!("{} {received}\n", seen.line());
        inner.received += more;
        // A log that cannot be written stops no test.
        let _ = inner.log.as_mut().map(|log| log.write_all(line.as_bytes()));
    }

    /// More of its body came after the answer.
    pub fn drained(&self, number: usize, received: u64) {
        let mut inner = self.lock();
        let Some(seen) = number.checked_sub(inner.forgotten).and_then(|at| inner.requests.get_mut(at)) else { return };
        let more = received - seen.received;
        seen.received = received;
        inner.received += more;
    }

    pub fn end(&self) {
        self.lock().now -= 1;
    }

    pub fn requests(&self) -> Vec<Seen> {
        self.lock().requests.clone()
    }

    pub fn forget(&self) {
        let mut inner = self.lock();
        inner.forgotten += inner.requests.len();
        inner.requests.clear();
        inner.received = 0;
        inner.most = inner.now;
    }

    pub fn received(&self) -> u64 {
        self.lock().received
    }

    /// How many requests are being answered.
    pub fn now(&self) -> usize {
        self.lock().now
    }

    pub fn most(&self) -> usize {
        self.lock().most
    }
}
