//! Docker's configuration, as far as it speaks of credentials, from a file or a variable.

use crate::helper::Helper;
use crate::key::{Key, matching, shown};
use crate::{CredentialError, Found, Place, entry};
use sage_oci_files::FileError;
use serde_json::error::Category;
use serde_json::{Map, Value};
use std::io::Read;
use std::path::Path;

/// The longest configuration that is read, in bytes; real ones have a few thousand.
pub(crate) const LIMIT: u64 = 1 << 20;

/// A configuration and where it is from.
pub(crate) struct Config {
    place: Place,
    root: Map<String, Value>,
}

impl Config {
    /// Reads a file; none where there is none.
    pub(crate) fn of_file(path: &Path) -> Result<Option<Self>, CredentialError> {
        let file = match sage_oci_files::open(path) {
            Err(error) if error.is_not_found() => return Ok(None),
            other => other?,
        };
        let mut bytes = Vec::new();
        file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(FileError::at("read", path))?;
        Self::parse(Place::File(path.to_owned()), &bytes).map(Some)
    }

    /// Reads a text.
    pub(crate) fn parse(place: Place, text: &[u8]) -> Result<Self, CredentialError> {
        if text.len() as u64 > LIMIT {
            return Err(CredentialError::TooLong { place, limit: LIMIT });
        }
        // Docker takes an empty file for an empty configuration.
        if text.trim_ascii().is_empty() {
            return Ok(Self { place, root: Map::new() });
        }
        match serde_json::from_slice(text) {
            Ok(Value::Object(root)) => Ok(Self { place, root }),
            Ok(_) => Err(CredentialError::Json { place, line: 1, column: 1, why: "it holds no object" }),
            Err(error) => {
                // The error's own text may quote what it met.
                let why = if error.classify() == Category::Eof {
                    "it ends too early"
                } else {
                    "a character that does not belong"
                };
                Err(CredentialError::Json { place, line: error.line(), column: error.column(), why })
            }
        }
    }

    /// What is kept here for a repository: by its registry's helper, by the helper for all, or in the text itself.
    pub(crate) fn find(
        &self,
        registry: &Key,
        repository: Option<&str>,
        ask: impl Fn(&Helper<'_>) -> Result<Option<Found>, CredentialError>,
    ) -> Result<Option<Found>, CredentialError> {
        if let Some(helper) = self.helper(registry, repository)?
            && let Some(found) = ask(&helper)?
        {
            return Ok(Some(found));
        }
        let entries = self.section("auths")?;
        for key in matching(entries.keys().map(String::as_str), registry, repository) {
            let way = format!("auths.{}", shown(key));
            if let Some(credential) = entry::credential(&self.place, &way, &entries[key])? {
                return Ok(Some(Found { credential, from: self.place.to_string() }));
            }
        }
        Ok(None)
    }

    /// The program that keeps what is for a repository. An empty name means that there is none, as for docker.
    fn helper(&self, registry: &Key, repository: Option<&str>) -> Result<Option<Helper<'_>>, CredentialError> {
        let helpers = self.section("credHelpers")?;
        let (way, name) = match matching(helpers.keys().map(String::as_str), registry, repository).first() {
            Some(key) => (format!("credHelpers.{}", shown(key)), &helpers[*key]),
            None => match self.root.get("credsStore") {
                Some(name) if !name.is_null() => ("credsStore".to_owned(), name),
                _ => return Ok(None),
            },
        };
        let name = name.as_str().ok_or_else(|| self.wrong(&way, "is no text"))?;
        if name.contains(['/', '\0']) {
            return Err(self.wrong(&way, "must be the end of a program's name, without a slash"));
        }
        Ok((!name.is_empty()).then_some(Helper { name, place: &self.place, key: way }))
    }

    fn section(&self, name: &str) -> Result<&Map<String, Value>, CredentialError> {
        static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        match self.root.get(name) {
            None | Some(Value::Null) => Ok(&NONE),
            Some(value) => value.as_object().ok_or_else(|| self.wrong(name, "is no object")),
        }
    }

    fn wrong(&self, key: &str, why: &'static str) -> CredentialError {
        CredentialError::Value { place: self.place.clone(), key: key.to_owned(), why }
    }
}
