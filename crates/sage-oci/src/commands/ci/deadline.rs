use crate::interrupt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The end of the time that a job has: then it is ended as Ctrl-C ends it, so that nothing is left behind and reports are kept.
pub struct Deadline {
    minutes: u64,
    passed: Arc<AtomicBool>,
}

impl Deadline {
    /// Begins to count.
    pub fn in_minutes(minutes: u64) -> Self {
        let passed = Arc::new(AtomicBool::new(false));
        let (flag, mark) = (interrupt::flag(), Arc::clone(&passed));
        // It ends with the process.
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(minutes.saturating_mul(60)));
            mark.store(true, Ordering::Relaxed);
            flag.store(true, Ordering::Relaxed);
        });
        Self { minutes, passed }
    }

    /// What to say where the time is over.
    pub fn said(&self) -> Option<String> {
        let text = || format!("the deadline of {} minutes has passed; what was finished is kept", self.minutes);
        self.passed.load(Ordering::Relaxed).then(text)
    }
}
