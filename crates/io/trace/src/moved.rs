use crate::told::{self, SECOND, TIME};
use std::time::{SystemTime, UNIX_EPOCH};

/// How far the coarse clock, by which the kernel dates files, may be behind the fine one, in nanoseconds: a tick of its slowest timer.
const TICK: i128 = 10_000_000;

/// Another time than the machine's, in nanoseconds.
///
/// It begins at a whole second, so that a program which is started twice sees the same seconds, however the machine's clock stood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moved {
    /// What is added to a time.
    by: i128,
    /// The machine's time at the start.
    start: i128,
    /// What was made since then was made by what is traced, or for it.
    since: i128,
}

impl Moved {
    /// A program starts now, and is told that it is this second.
    pub(crate) fn starting(second: i64, since: Option<SystemTime>) -> Self {
        let start = now();
        let since = since.map_or(start, of).min(start) - TICK;
        Self { by: i128::from(second) * SECOND + TICK - start, start, since }
    }

    /// The second that it is.
    pub(crate) fn seconds(&self) -> i64 {
        told::clamped((now() + self.by).div_euclid(SECOND))
    }

    /// What a clock says, with parts of so many nanoseconds.
    pub(crate) fn clock(&self, time: [u8; TIME], part: i128) -> [u8; TIME] {
        told::moved(time, part, self.by)
    }

    /// When the machine reaches a time that a program waits for.
    pub(crate) fn deadline(&self, time: [u8; TIME]) -> [u8; TIME] {
        told::moved(time, 1, -self.by)
    }

    /// When a file was made that was made meanwhile; none of others, and of those that were given a time.
    pub(crate) fn file(&self, time: [u8; TIME]) -> Option<[u8; TIME]> {
        let made = told::nanoseconds(time, 1)?;
        let meanwhile = (self.since..=now()).contains(&made);
        meanwhile.then(|| told::moved(time, 1, self.by + self.start.max(made) - made))
    }
}

/// The machine's time.
#[expect(clippy::disallowed_methods, reason = "another time is told by its distance from this one")]
fn now() -> i128 {
    of(SystemTime::now())
}

/// In nanoseconds since 1970.
fn of(time: SystemTime) -> i128 {
    i128::try_from(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: i64 = 2_000_000_000;

    fn time(nanoseconds: i128) -> [u8; TIME] {
        told::moved([0; TIME], 1, nanoseconds)
    }

    fn seconds(time: [u8; TIME]) -> i64 {
        told::clamped(told::nanoseconds(time, 1).unwrap().div_euclid(SECOND))
    }

    #[test]
    fn files_of_the_run_move_and_others_stay() {
        let moved = Moved::starting(FAR, None);
        assert_eq!(moved.file(time(moved.start)).map(seconds), Some(FAR));
        assert_eq!(moved.file(time(now())).map(seconds), Some(FAR));
        // The kernel's date of a file may be a little earlier than the start.
        assert_eq!(moved.file(time(moved.start - TICK / 2)).map(seconds), Some(FAR));
        assert_eq!(moved.file(time(moved.start - SECOND)), None);
        // One that a program has dated by the time that it was told.
        assert_eq!(moved.file(time(i128::from(FAR) * SECOND + 5)), None);
    }

    #[test]
    fn inputs_are_as_old_as_the_run() {
        let earlier = UNIX_EPOCH + std::time::Duration::from_secs(1000);
        let moved = Moved::starting(FAR, Some(earlier));
        for made in [of(earlier), moved.start - 90 * SECOND, moved.start] {
            assert_eq!(moved.file(time(made)).map(seconds), Some(FAR));
        }
        assert_eq!(moved.file(time(999 * SECOND)), None);
    }

    #[test]
    fn a_deadline_is_the_way_back() {
        let moved = Moved::starting(FAR, None);
        let there = moved.clock(time(moved.start + 7), 1);
        assert_eq!(moved.deadline(there), time(moved.start + 7));
        assert_eq!((seconds(there), moved.seconds()), (FAR, FAR));
    }
}
