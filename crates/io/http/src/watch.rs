use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

/// Runs `work` with a watcher beside it that calls `end` when the caller wants an end, again and again until the work is over:
/// a connection may be made just after the others were ended.
pub fn watched<T>(stopped: impl Fn() -> bool + Send, end: impl Fn() + Send, work: impl FnOnce() -> T) -> T {
    let (done, over) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // The sender is dropped when the work is over, which ends the wait at once.
            while over.recv_timeout(Duration::from_millis(50)) == Err(RecvTimeoutError::Timeout) {
                if stopped() {
                    end();
                }
            }
        });
        let result = work();
        drop(done);
        result
    })
}
