use std::time::{Duration, Instant};

/// Watches a transfer for standing almost still: each window of time must bring a minimum of bytes.
#[derive(Debug)]
pub(crate) struct Pace {
    least: u64,
    window: Duration,
    began: Instant,
    bytes: u64,
}

impl Pace {
    /// At least `slowest` bytes a second, averaged over each `window`.
    pub(crate) fn new(slowest: u64, window: Duration, now: Instant) -> Self {
        let least = (slowest as f64 * window.as_secs_f64()) as u64;
        Self { least, window, began: now, bytes: 0 }
    }

    /// Takes note of bytes that came; false when a window is over and was too slow.
    pub(crate) fn keeps_up(&mut self, bytes: usize, now: Instant) -> bool {
        self.bytes += bytes as u64;
        if now.duration_since(self.began) < self.window {
            return true;
        }
        let enough = self.bytes >= self.least;
        (self.began, self.bytes) = (now, 0);
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_window_must_bring_enough() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut pace = Pace::new(1000, Duration::from_secs(30), start);
        assert!(pace.keeps_up(10, at(29)));
        assert!(pace.keeps_up(29_990, at(30)));
        assert!(pace.keeps_up(100, at(59)));
        assert!(!pace.keeps_up(100, at(60)));
    }
}
