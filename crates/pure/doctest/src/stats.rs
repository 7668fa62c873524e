use serde::Deserialize;
use std::collections::BTreeMap;

/// What the statistics say of a file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Entry {
    /// Seconds; a million stands for a file that did not come to its end.
    #[serde(default)]
    pub walltime: f64,
    /// How many tests there were; Sage 9.5 does not say.
    pub ntests: Option<u64>,
    /// Whether one has failed, or more went wrong.
    #[serde(default)]
    pub failed: bool,
}

impl Entry {
    /// The seconds that it took, where it did come to its end.
    pub fn seconds(&self) -> Option<f64> {
        (self.walltime.is_finite() && (0.0..1e6).contains(&self.walltime)).then_some(self.walltime)
    }
}

/// The file of `--stats-path`: module to what is said of it.
pub(crate) fn parse(json: &[u8]) -> Result<BTreeMap<String, Entry>, String> {
    serde_json::from_slice(json).map_err(|error| error.to_string())
}
