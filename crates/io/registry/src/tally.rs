use std::sync::atomic::{AtomicU64, Ordering};

/// What a push has come to so far; counted by several threads.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sent: AtomicU64,
    pub(crate) saved: AtomicU64,
    pub(crate) resumed: AtomicU64,
    pub(crate) mounted: AtomicU64,
    pub(crate) mounted_bytes: AtomicU64,
    pub(crate) present: AtomicU64,
    pub(crate) uploaded: AtomicU64,
    pub(crate) uploaded_bytes: AtomicU64,
}

impl Tally {
    pub(crate) fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}
