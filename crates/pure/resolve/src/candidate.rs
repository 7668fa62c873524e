use sage_oci_names::{DebVersion, PackageName};

/// One package version that the index offers.
///
/// Relation fields are the raw text of the index: it has seventy thousand packages, and only those within reach are
/// parsed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: DebVersion,
    /// Debian's word for its architecture; `all` among them.
    pub architecture: String,
    /// How it stands to other architectures (`Multi-Arch`).
    pub multi_arch: MultiArch,
    /// Marked `Essential`.
    pub essential: bool,
    /// Marked `Important` or `Protected`: preferred among packages that provide the same name.
    pub protected: bool,
    /// `Priority`, such as `optional`.
    pub priority: String,
    /// `Pre-Depends`.
    pub pre_depends: String,
    /// `Depends`.
    pub depends: String,
    /// `Conflicts`.
    pub conflicts: String,
    /// `Breaks`.
    pub breaks: String,
    /// `Provides`.
    pub provides: String,
}

/// How a package stands to its copies for other architectures (`Multi-Arch`, Debian policy 5.6.32).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MultiArch {
    /// Satisfies dependencies of its own architecture only.
    #[default]
    No,
    /// May be installed for several architectures at once.
    Same,
    /// Satisfies dependencies of any architecture.
    Foreign,
    /// Satisfies dependencies of any architecture that ask for it with `:any`.
    Allowed,
}

impl Candidate {
    /// The rank of the priority, most important first (Debian policy 2.5; apt's order).
    pub(crate) fn priority_rank(&self) -> u8 {
        match self.priority.as_str() {
            "required" => 1,
            "important" => 2,
            "standard" => 3,
            "optional" => 4,
            "extra" => 5,
            // Without a priority apt counts zero, ahead of all others.
            "" => 0,
            _ => 6,
        }
    }
}
