//! What faults do to a request before it is handled, and to its answer after.

use crate::fault::{Fault, Gate, Retry};
use crate::registry::{Manifest, Registry};
use crate::reply::{Outcome, Reply};
use crate::route::Route;
use crate::server::Exchange;
use crate::store::digest;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use std::sync::Arc;

impl Registry {
    /// What happens in place of what should.
    pub fn before(&self, faults: &[Fault], x: &mut Exchange<'_>, route: &Route) -> Option<Outcome> {
        for fault in faults {
            match fault {
                Fault::Reset => return Some(Outcome::Reset),
                Fault::Silence => {
                    x.running.wait_for(|| false);
                    return Some(Outcome::Close);
                }
                Fault::HoldBefore(gate) if !hold(gate, x) => return Some(Outcome::Close),
                Fault::CutRequest(count) => x.body.cut_after = Some(*count),
                Fault::Mount(202) => x.head.query = String::new(),
                fault => {
                    if let Some(reply) = self.in_place(fault, x, route) {
                        return Some(reply.into());
                    }
                }
            }
        }
        None
    }

    /// The answer of a fault that is one.
    fn in_place(&self, fault: &Fault, x: &Exchange<'_>, route: &Route) -> Option<Reply> {
        Some(match fault {
            Fault::Status(status) => Reply::error(*status, code(*status), "as asked"),
            Fault::Error(status, code) => Reply::error(*status, code, "as asked"),
            Fault::Html(status) => {
                Reply::new(*status).body("text/html", "<html><body><h1>Something is wrong</h1></body></html>\n")
            }
            Fault::Busy(status, retry) => busy(*status, *retry),
            Fault::Hasty(status) => {
                let mut reply = Reply::error(*status, code(*status), "as asked").header("Connection", "close");
                reply.hasty = true;
                reply
            }
            Fault::RangeRefused => self.refused_range(route),
            Fault::Mount(status) if x.head.value("mount").is_some() => {
                Reply::error(*status, code(*status), "this cannot be mounted")
            }
            Fault::TokenExpired => {
                self.lock().tokens.clear();
                self.refuses(route, x).unwrap_or_else(crate::auth::unauthorized)
            }
            Fault::Redirect(base) => {
                let query = if x.head.query.is_empty() { String::new() } else { format!("?{}", x.head.query) };
                Reply::new(307).header("Location", format!("{base}{}{query}", x.head.path))
            }
            Fault::NotHttp => {
                let mut reply = Reply::new(0);
                reply.raw = Some(b"220 this is not the protocol you seek\r\n\r\n");
                reply
            }
            _ => return None,
        })
    }

    /// What becomes of an answer.
    pub fn after(&self, faults: &[Fault], x: &Exchange<'_>, mut reply: Reply) -> Outcome {
        for fault in faults {
            match fault {
                // What did not want the body has not seen the cut.
                Fault::CutRequest(_) | Fault::LostAnswer => return Outcome::Reset,
                Fault::CutAnswer(count) => reply.cut_after = Some(*count),
                Fault::Hold(gate) if !hold(gate, x) => return Outcome::Close,
                Fault::WrongDigest => reply.set("Docker-Content-Digest", digest(b"something else")),
                Fault::WrongBytes => reply.garbled = true,
                Fault::LocationElsewhere(base) => {
                    if let Some(location) = reply.get("Location") {
                        let path = location.strip_prefix(&self.url()).unwrap_or(location);
                        let elsewhere = format!("{base}{path}");
                        reply.set("Location", elsewhere);
                    }
                }
                Fault::MovesTag { repository, tag, digest } => {
                    let mut inner = self.lock();
                    let tags = &mut inner.repositories.entry(repository.clone()).or_default().tags;
                    tags.insert(tag.clone(), digest.clone());
                    self.save(&inner);
                }
                Fault::Rewrites { repository, tag, media_type, bytes } => {
                    self.hold_manifest(repository, Some(tag), media_type, bytes);
                }
                _ => {}
            }
        }
        reply.into()
    }

    /// Puts a manifest without asking anything of it; gives its digest.
    pub fn hold_manifest(&self, repository: &str, tag: Option<&str>, media_type: &str, bytes: &[u8]) -> String {
        let digest = self.store.put(bytes).expect("the store takes a manifest");
        let manifest = Manifest { media_type: media_type.to_owned(), bytes: Arc::new(bytes.to_vec()) };
        let mut inner = self.lock();
        let repository = inner.repositories.entry(repository.to_owned()).or_default();
        repository.manifests.insert(digest.clone(), manifest);
        if let Some(tag) = tag {
            repository.tags.insert(tag.to_owned(), digest.clone());
        }
        self.save(&inner);
        digest
    }
}

/// Waits at a gate; `false` where the registry stops first: then nothing more is done or said.
fn hold(gate: &Gate, x: &Exchange<'_>) -> bool {
    gate.arrive();
    x.running.wait_for(|| gate.is_open());
    !x.running.stopping()
}

/// The spec's code that goes best with a status.
fn code(status: u16) -> &'static str {
    match status {
        400 => "BLOB_UPLOAD_INVALID",
        401 => "UNAUTHORIZED",
        403 | 507 => "DENIED",
        404 => "BLOB_UPLOAD_UNKNOWN",
        405 => "UNSUPPORTED",
        413 => "SIZE_INVALID",
        416 => "BLOB_UPLOAD_INVALID",
        429 => "TOOMANYREQUESTS",
        _ => "UNKNOWN",
    }
}

fn busy(status: u16, retry: Retry) -> Reply {
    let reply = Reply::error(status, code(status), "too many requests");
    let at = |seconds: u32| Timestamp::now().as_second() + i64::from(seconds);
    match retry {
        Retry::Seconds(seconds) => reply.header("Retry-After", seconds.to_string()),
        Retry::Date(seconds) => {
            let moment = Timestamp::from_second(at(seconds)).expect("a moment of this century");
            let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&moment).expect("a year with four digits");
            reply.header("Retry-After", text)
        }
        Retry::Unix(seconds) => reply.header("X-Retry-After", at(seconds).to_string()),
        Retry::Unsaid => reply,
    }
}
