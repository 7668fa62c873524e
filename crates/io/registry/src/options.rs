use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How a registry is spoken to. [`Options::default`] suits public registries.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many requests may be on their way at once.
    pub at_once: usize,
    /// How often a request is sent before its failure counts; at least once.
    pub attempts: u32,
    /// The pause before the second attempt; each further one is twice as long, up to [`Options::longest_pause`]. Some of it is
    /// chance, so that many clients that a registry has thrown out do not come back together.
    pub first_pause: Duration,
    /// The longest pause of our own choice.
    pub longest_pause: Duration,
    /// The longest pause that a registry may ask for (`Retry-After`); where it asks for more, the error says how long.
    pub patience: Duration,
    /// How long a name look-up and a connection may take, each.
    pub connect_timeout: Duration,
    /// How long the registry may take or say nothing.
    pub quiet_timeout: Duration,
    /// The size of the pieces in which a blob goes up where it cannot go up whole, in bytes.
    pub chunk: u64,
    /// What the requests call themselves.
    pub user_agent: String,
    /// Set to true, it ends the work: a whole upload at once, a piece of one when it is through.
    pub stop: Arc<AtomicBool>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            at_once: 6,
            attempts: 6,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(20),
            patience: Duration::from_secs(300),
            connect_timeout: Duration::from_secs(15),
            quiet_timeout: Duration::from_secs(60),
            chunk: 16 * 1024 * 1024,
            user_agent: sage_oci_http::USER_AGENT.to_owned(),
            stop: Arc::new(AtomicBool::new(false)),
        }
    }
}

impl Options {
    /// Whether the caller wants an end.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
