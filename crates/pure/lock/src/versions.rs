use sage_oci_names::Sha256;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format of files of pinned versions.
const FORMAT: u64 = 1;

/// Versions of a project's source that images can be made of, each pinned by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// The format.
    pub format: u64,
    /// The archives by version, as `11.0.beta4`.
    pub versions: BTreeMap<String, PinnedArchive>,
}

/// A source archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedArchive {
    /// Where it can be had, whole addresses of one file, tried in order.
    pub urls: Vec<String>,
    /// Its size in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
}

/// A file of pinned versions that cannot be used.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum VersionsError {
    /// It is no JSON of the form.
    #[error("it does not hold pinned versions: {0}")]
    #[hint("restore the committed file")]
    Syntax(#[from] serde_json::Error),
    /// It is of a later version of this program.
    #[error("it has format {found}, this sage-oci knows format {FORMAT}")]
    Newer {
        /// Its format.
        found: u64,
    },
}

impl Default for Versions {
    fn default() -> Self {
        Self { format: FORMAT, versions: BTreeMap::new() }
    }
}

impl Versions {
    /// Reads a file's text.
    ///
    /// # Errors
    /// [`VersionsError`].
    pub fn parse(text: &str) -> Result<Self, VersionsError> {
        #[derive(Deserialize)]
        struct Format {
            format: u64,
        }
        let Format { format } = serde_json::from_str(text)?;
        if format > FORMAT {
            return Err(VersionsError::Newer { found: format });
        }
        Ok(serde_json::from_str(text)?)
    }

    /// The file's text; the same versions have the same text.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("strings and numbers are JSON");
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_back_and_a_newer_one_is_refused() {
        let archive = PinnedArchive { urls: vec!["https://h/a.tar.gz".into()], size: 1, sha256: Sha256::new([1; 32]) };
        let versions = Versions { versions: [("11.0.beta4".to_owned(), archive)].into(), ..Versions::default() };
        assert_eq!(Versions::parse(&versions.to_text()).unwrap(), versions);
        assert!(matches!(Versions::parse("{\"format\": 9, \"moons\": 1}"), Err(VersionsError::Newer { found: 9 })));
        assert!(matches!(Versions::parse("[]"), Err(VersionsError::Syntax(_))));
    }
}
