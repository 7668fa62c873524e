/// A step of making a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Signed release files and package indexes.
    Index,
    /// Which packages are needed.
    Resolve,
    /// Downloading archives; [`Progress::fetch`] tells how far.
    Fetch,
    /// Looking into archives; counted in archives.
    Scan,
    /// Hashing the archives of each layer; counted in layers.
    Hash,
}

/// What making a lock tells while it runs. Called from several threads at once.
pub trait Progress: Sync {
    /// A step begins, with so many things to do (zero where they are not counted).
    fn step(&self, step: Step, count: usize);
    /// One thing of the current step is done.
    fn advanced(&self);
    /// Who listens to the downloads of [`Step::Fetch`].
    fn fetch(&self) -> &dyn sage_oci_fetch::Progress;
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn step(&self, _step: Step, _count: usize) {}
    fn advanced(&self) {}
    fn fetch(&self) -> &dyn sage_oci_fetch::Progress {
        &sage_oci_fetch::NoProgress
    }
}
