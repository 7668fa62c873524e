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
    /// A version is pinned already, with other bytes.
    #[error("version {version} is pinned with sha256:{} and {} bytes, and is now said to have sha256:{} and {} bytes", pinned.sha256, pinned.size, found.sha256, found.size)]
    #[hint(
        "a published archive never changes: find out who changed which; to take the new one, remove the old entry by hand"
    )]
    Other {
        /// The version.
        version: String,
        /// What is pinned.
        pinned: Box<PinnedArchive>,
        /// What was to be pinned.
        found: Box<PinnedArchive>,
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

    /// Pins a version; whether that is new. A version that is pinned with the same bytes stays as it is, with its addresses.
    ///
    /// # Errors
    /// [`VersionsError::Other`].
    pub fn pin(&mut self, version: &str, archive: PinnedArchive) -> Result<bool, VersionsError> {
        match self.versions.get(version) {
            None => {
                self.versions.insert(version.to_owned(), archive);
                Ok(true)
            }
            Some(pinned) if (pinned.size, pinned.sha256) == (archive.size, archive.sha256) => Ok(false),
            Some(pinned) => Err(VersionsError::Other {
                version: version.to_owned(),
                pinned: Box::new(pinned.clone()),
                found: Box::new(archive),
            }),
        }
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

    #[test]
    fn a_pin_is_made_once_and_never_changed() {
        let archive = |byte: u8| PinnedArchive { urls: vec![], size: 1, sha256: Sha256::new([byte; 32]) };
        let mut versions = Versions::default();
        assert!(versions.pin("11.0", archive(1)).unwrap());
        let elsewhere = PinnedArchive { urls: vec!["https://h/a".into()], ..archive(1) };
        assert!(!versions.pin("11.0", elsewhere).unwrap());
        let before = versions.clone();
        let error = versions.pin("11.0", archive(2)).unwrap_err().to_string();
        assert!(
            error.contains(&archive(1).sha256.to_string()) && error.contains(&archive(2).sha256.to_string()),
            "{error}"
        );
        assert_eq!(versions, before);
    }
}
