use crate::error::Trouble;
use crate::{FetchError, Options};
use std::time::{Duration, Instant};

/// What a mirror's last attempt ended with, and how many there were.
pub(crate) type GaveUp = (Trouble, u32);

/// Tries until it works, cannot be cured by waiting, or has been tried [`Options::attempts`] times.
///
/// The outer error ends the whole download; the inner one only this mirror's turn. `retried` hears of every new attempt.
pub(crate) fn persist<T>(
    options: &Options,
    mut attempt: impl FnMut() -> Result<Result<T, Trouble>, FetchError>,
    mut retried: impl FnMut(&Trouble),
) -> Result<Result<T, GaveUp>, FetchError> {
    let mut count = 1;
    loop {
        if options.stopped() {
            return Err(FetchError::Cancelled);
        }
        let trouble = match attempt()? {
            Ok(done) => return Ok(Ok(done)),
            Err(trouble) => trouble,
        };
        // A connection that was ended on purpose looks like any other broken one.
        if options.stopped() {
            return Err(FetchError::Cancelled);
        }
        if count >= options.attempts || !trouble.should_retry() {
            return Ok(Err((trouble, count)));
        }
        retried(&trouble);
        let asked = match &trouble {
            Trouble::Status { wait: Some(wait), .. } => (*wait).min(options.longest_pause),
            _ => Duration::ZERO,
        };
        sleep(options.pause(count).max(asked), options)?;
        count += 1;
    }
}

fn sleep(time: Duration, options: &Options) -> Result<(), FetchError> {
    let end = Instant::now() + time;
    loop {
        if options.stopped() {
            return Err(FetchError::Cancelled);
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(Duration::from_millis(50)));
    }
}
