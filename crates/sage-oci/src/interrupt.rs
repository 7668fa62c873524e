use crate::Failure;
use std::sync::atomic::AtomicBool;
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
