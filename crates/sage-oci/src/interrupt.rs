use crate::Failure;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Ctrl-C and SIGTERM as a flag that long work looks at.
///
/// The first signal asks for a clean end; the second one ends the process at once.
pub fn flag() -> Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    Arc::clone(FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in signal_hook::consts::TERM_SIGNALS {
            // Registered in this order, so that the exit happens only when the flag was set before this signal.
            _ = signal_hook::flag::register_conditional_shutdown(*signal, 130, Arc::clone(&flag));
            _ = signal_hook::flag::register(*signal, Arc::clone(&flag));
        }
        flag
    }))
}

/// The error of an interrupted command.
pub fn failure() -> Failure {
    Failure::new("interrupted; what was finished is kept, and the same command goes on from there", None)
}

/// What came of a piece of work, unless a signal came meanwhile: the command then ends as it does when it is interrupted, for
/// what failed may have failed of the signal, which a terminal sends to all that was started, and what did not goes no further.
///
/// Signals are a flag from this call on, so `work` must be short.
pub fn unless<T, E: Into<Failure>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, Failure> {
    let flag = flag();
    let done = work();
    if flag.load(Ordering::Relaxed) { Err(failure()) } else { done.map_err(Into::into) }
}
