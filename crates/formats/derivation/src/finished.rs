use crate::Derivation;
use sage_oci_names::StorePath;
use std::collections::{BTreeMap, BTreeSet};

/// A derivation whose paths are known, ready for the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The path of the `.drv` file.
    pub path: StorePath,
    /// The bytes of the `.drv` file.
    pub bytes: Vec<u8>,
    /// The paths of its outputs by name.
    pub outputs: BTreeMap<String, StorePath>,
    /// The store objects that the `.drv` file refers to.
    pub references: BTreeSet<StorePath>,
    /// What the bytes say.
    pub derivation: Derivation,
}

impl Finished {
    /// The path of one output.
    pub fn output(&self, name: &str) -> Option<&StorePath> {
        self.outputs.get(name)
    }

    /// The path of the output `out`, or of the first one where none is called so.
    pub fn out(&self) -> &StorePath {
        self.outputs.get("out").or_else(|| self.outputs.values().next()).expect("a derivation has at least one output")
    }
}
