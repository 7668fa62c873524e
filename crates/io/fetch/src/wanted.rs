use sage_oci_names::Sha256;
use std::path::PathBuf;

/// A file to fetch, known beforehand by size and digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its path below a mirror: `pool/main/s/sagemath/sagemath_10.10-1_all.deb`.
    pub path: String,
    /// The digest of its bytes.
    pub sha256: Sha256,
    /// Its length in bytes.
    pub size: u64,
    /// Where it shall be; missing parent directories are made.
    pub target: PathBuf,
}

/// What a download came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that were fetched, wholly or in part.
    pub fetched: usize,
    /// Files that were there already, or whole in a part of an earlier run.
    pub present: usize,
    /// Bytes that came over the network for the fetched files, unsuccessful attempts not counted.
    pub bytes: u64,
}

impl std::ops::AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.fetched += other.fetched;
        self.present += other.present;
        self.bytes += other.bytes;
    }
}
