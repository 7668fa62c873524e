use crate::{Options, RegistryError};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// What a refusal says of the time after which to ask again: `Retry-After` in seconds or as a date (RFC 9110), or Docker Hub's
/// `X-Retry-After`, which is a time in seconds since 1970.
pub(crate) fn asked_for(retry_after: Option<&str>, unix: Option<&str>, now: Timestamp) -> Option<Duration> {
    let until = |then: Timestamp| Duration::try_from(then.duration_since(now)).unwrap_or_default();
    if let Some(text) = retry_after.map(str::trim) {
        if let Ok(seconds) = text.parse::<u64>() {
            return Some(Duration::from_secs(seconds));
        }
        if let Ok(then) = DateTimeParser::new().parse_timestamp(text) {
            return Some(until(then));
        }
    }
    let seconds = unix?.trim().parse::<i64>().ok()?;
    Timestamp::from_second(seconds).ok().map(until)
}

/// The pause after the `attempt`-th attempt (counted from 1): doubled each time, and between half of it and all of it by chance.
pub(crate) fn own(options: &Options, attempt: u32) -> Duration {
    let full = options.first_pause.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
    let full = full.min(options.longest_pause);
    // The seeds of the standard library's hash maps are as much chance as is needed here.
    let chance = RandomState::new().hash_one(attempt) as f64 / u64::MAX as f64;
    full.mul_f64(0.5 + chance / 2.0)
}

/// Waits, and looks at the flag meanwhile; false where the caller wants an end.
pub(crate) fn wait(time: Duration, options: &Options) -> bool {
    let end = Instant::now() + time;
    while !options.stopped() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(Duration::from_millis(50)));
    }
    false
}

/// Waits for the pause after an attempt.
///
/// # Errors
/// The caller wants an end.
pub(crate) fn rest(options: &Options, attempt: u32) -> Result<(), RegistryError> {
    if wait(own(options, attempt), options) { Ok(()) } else { Err(RegistryError::Stopped) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_wish_is_read() {
        let now = Timestamp::from_second(1_445_412_450).unwrap();
        let seconds = |header, unix| asked_for(header, unix, now).map(|time| time.as_secs());
        assert_eq!(seconds(Some("7"), None), Some(7));
        // RFC 9110's own example is half a minute from then.
        assert_eq!(seconds(Some("Wed, 21 Oct 2015 07:28:00 GMT"), None), Some(30));
        assert_eq!(seconds(Some("Wed, 21 Oct 2015 07:27:00 GMT"), None), Some(0));
        assert_eq!(seconds(None, Some("1445412455")), Some(5));
        assert_eq!(seconds(Some("soon"), Some("1445412455")), Some(5));
        for none in [(None, None), (Some("-1"), None), (Some("soon"), None), (None, Some("x"))] {
            assert_eq!(seconds(none.0, none.1), None);
        }
    }

    #[test]
    fn pauses_grow_and_keep_below_the_longest() {
        let options = Options::default();
        for attempt in 1..40 {
            let full = options.first_pause.saturating_mul(2_u32.saturating_pow(attempt - 1)).min(options.longest_pause);
            let pause = own(&options, attempt);
            assert!(full / 2 <= pause && pause <= full, "{attempt}: {pause:?}");
        }
    }
}
