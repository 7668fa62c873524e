use crate::{Fault, Request, When, glob};
use std::collections::BTreeMap;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the connections share.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) root: PathBuf,
    pub(crate) stopping: AtomicBool,
    pub(crate) inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
pub(crate) struct Inner {
    pub(crate) rules: Vec<Rule>,
    pub(crate) requests: Vec<Request>,
    // A second handle to each open connection, so that stopping the server can end it.
    pub(crate) connections: BTreeMap<u64, TcpStream>,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) pattern: String,
    pub(crate) when: When,
    pub(crate) fault: Fault,
    pub(crate) count: u64,
}

impl State {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere cannot leave these lists half-changed.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a request and says which fault it meets.
    pub(crate) fn judge(&self, request: &Request) -> Option<Fault> {
        let mut inner = self.lock();
        inner.requests.push(request.clone());
        let mut fault = None;
        for rule in inner.rules.iter_mut().filter(|rule| glob::matches(&rule.pattern, &request.path)) {
            rule.count += 1;
            if fault.is_none() && rule.when.holds(rule.count) {
                fault = Some(rule.fault.clone());
            }
        }
        fault
    }
}
