/// Hears of what happens while an image is pushed.
pub trait Progress: Send + Sync {
    /// So much is to be there in the end, in so many blobs.
    fn planned(&self, blobs: usize, bytes: u64);
    /// So many bytes more are there, or on their way.
    fn advanced(&self, bytes: u64);
    /// So many bytes were told of too early.
    fn withdrawn(&self, bytes: u64);
    /// Something is tried again, and why.
    fn again(&self, what: &str, why: &str);
    /// Nothing goes on until something else has happened.
    fn waiting(&self, what: &str);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn planned(&self, _blobs: usize, _bytes: u64) {}
    fn advanced(&self, _bytes: u64) {}
    fn withdrawn(&self, _bytes: u64) {}
    fn again(&self, _what: &str, _why: &str) {}
    fn waiting(&self, _what: &str) {}
}
