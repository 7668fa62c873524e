/// What is known of a revision: of a commit all of it, of an archive hardly more than its version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The commit's hash, 40 hexadecimal digits.
    pub commit: Option<String>,
    /// What `git describe` says; where no tag is near, the version and ten digits of the hash, as `11.0.beta4-g0123456789`.
    pub describe: Option<String>,
    /// The branch, or `pull-42414`, as people call it; none for a tag, a hash, or what has no name.
    pub branch: Option<String>,
    /// The version that the tree itself states.
    pub version: String,
    /// Tracked files that the work tree has otherwise than the commit, sorted. They are part of the tree only where
    /// [`Identity::takes_dirty`] says so.
    pub dirty: Vec<String>,
    /// Whether the tree has the changed files as they are in the work tree.
    pub takes_dirty: bool,
    /// Where the commit came from, without a password: an address that means the same everywhere, unless the person named one that
    /// does not.
    pub origin: Option<String>,
    /// The bytes of the commit object, without its header.
    pub raw_commit: Option<Vec<u8>>,
    /// When it was committed, in seconds since 1970.
    pub time: Option<i64>,
}
