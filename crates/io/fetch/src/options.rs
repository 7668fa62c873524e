use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How downloads behave. [`Options::default`] suits Debian's mirrors.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many files are fetched at once, each on a connection of its own that is kept for the next.
    ///
    /// Measured on `deb.debian.org` with 300 files of 205 MB over a shared line: 8 to 13 MB/s with 1, 9 with 2, 5 to 10 with 4,
    /// 6 to 12 with 6, 13 with 8, 9 with 12. The line sets the pace, not the number; with 12 some name look-ups failed at first.
    /// A few connections cover each other's waits, more would only burden the mirror.
    pub connections: usize,
    /// How often one file is tried on one mirror before the next mirror's turn; at least once.
    pub attempts: u32,
    /// The pause before the second attempt; each further one is twice as long, up to [`Options::longest_pause`].
    pub first_pause: Duration,
    /// The longest pause, also where a mirror asks for a longer one by `Retry-After`.
    pub longest_pause: Duration,
    /// How long a name look-up and a connection may take, each.
    pub connect_timeout: Duration,
    /// How long a mirror may say nothing.
    pub read_timeout: Duration,
    /// A transfer slower than so many bytes a second ...
    pub slowest: u64,
    /// ... throughout so long a time is given up, and its mirror with it for this file.
    pub slow_for: Duration,
    /// What the requests call themselves.
    pub user_agent: String,
    /// The media type that is asked for (`Accept`), where an address has several.
    pub accept: Option<String>,
    /// Set to true, it ends every transfer within a fraction of a second with [`crate::FetchError::Cancelled`].
    /// Partial files stay for the next run.
    pub stop: Arc<AtomicBool>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 6,
            attempts: 4,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(15),
            read_timeout: Duration::from_secs(30),
            slowest: 1000,
            slow_for: Duration::from_secs(30),
            user_agent: sage_oci_http::USER_AGENT.to_owned(),
            accept: None,
            stop: Arc::new(AtomicBool::new(false)),
        }
    }
}

impl Options {
    /// The pause after the `attempt`-th attempt (counted from 1). There is no chance in it: few clients run this at
    /// once, and a schedule that can be foretold can be tested.
    pub(crate) fn pause(&self, attempt: u32) -> Duration {
        let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.first_pause.saturating_mul(factor).min(self.longest_pause)
    }

    /// Whether the caller wants an end.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let options = Options::default();
        let pauses: Vec<_> = (1..=8).map(|attempt| options.pause(attempt).as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16000, 20000, 20000]);
        assert_eq!(options.pause(u32::MAX), options.longest_pause);
    }
}
