use sage_oci_names::StorePath;

/// A path of a closure, as Nix's database describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The path.
    pub path: StorePath,
    /// The size of its NAR, in bytes.
    pub nar_size: u64,
    /// The paths that it refers to; itself may be among them.
    pub references: Vec<StorePath>,
}
