/// What a download tells while it runs. Called from several threads at once.
///
/// At the end of a successful run, the bytes of [`Progress::advanced`] less those of [`Progress::withdrawn`] are the total
/// that [`Progress::started`] named: files and parts that were there already count too, as soon as they are checked.
pub trait Progress: Sync {
    /// So many files of so many bytes together are wanted.
    fn started(&self, files: usize, bytes: u64);
    /// So many more bytes are there.
    fn advanced(&self, bytes: u64);
    /// So many bytes that were counted turned out useless and must come again.
    fn withdrawn(&self, bytes: u64) {
        let _ = bytes;
    }
    /// A file's transfer failed and is begun again, or goes on to the next mirror.
    fn retried(&self, file: &str, why: &str);
    /// A file is whole and in its place.
    fn finished(&self, file: &str);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn started(&self, _files: usize, _bytes: u64) {}
    fn advanced(&self, _bytes: u64) {}
    fn retried(&self, _file: &str, _why: &str) {}
    fn finished(&self, _file: &str) {}
}
