use sage_oci_names::{Sha256, StorePath};
use std::collections::{BTreeMap, BTreeSet};

/// A derivation: what a `.drv` file says, with all output paths filled in.
///
/// [`crate::DerivationBuilder`] makes one from its inputs; [`Derivation::parse`] reads one back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivation {
    /// The name, without the `.drv` that its store path carries.
    pub name: String,
    /// Outputs by name. A fixed output stands alone and is called `out`.
    pub outputs: BTreeMap<String, Output>,
    /// Derivations whose outputs are inputs, with the names of those outputs.
    pub input_derivations: BTreeMap<StorePath, BTreeSet<String>>,
    /// Store objects that are inputs as they are.
    pub input_sources: BTreeSet<StorePath>,
    /// Nix's system double, as `x86_64-linux`.
    pub system: String,
    /// The program to run.
    pub builder: String,
    /// Its arguments, without the program's own name.
    pub args: Vec<String>,
    /// Its environment.
    pub env: BTreeMap<String, String>,
}

/// One output of a derivation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Its path follows from the derivation's inputs.
    InputAddressed {
        /// The path.
        path: StorePath,
    },
    /// Its path follows from its content, whose digest the derivation states.
    Fixed {
        /// The path.
        path: StorePath,
        /// Whether the digest is of the output's NAR; otherwise of a plain file's bytes.
        recursive: bool,
        /// The digest.
        sha256: Sha256,
    },
}

impl Output {
    /// The store path.
    pub fn path(&self) -> &StorePath {
        match self {
            Self::InputAddressed { path } | Self::Fixed { path, .. } => path,
        }
    }
}

impl Derivation {
    /// The store objects that the `.drv` file refers to.
    pub fn references(&self) -> BTreeSet<StorePath> {
        self.input_sources.iter().chain(self.input_derivations.keys()).cloned().collect()
    }
}
