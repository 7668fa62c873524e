use serde::{Deserialize, Serialize};

/// What an image of a chosen revision of the source is made of, for people and for the job that publishes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfRevision {
    /// The image's one tag.
    pub tag: String,
    /// The version that the source states.
    pub version: String,
    /// The commit's hash; an archive has none.
    pub commit: Option<String>,
    /// Files that were taken as the work tree has them, against the commit.
    pub dirty: Vec<String>,
    /// Modules that were compiled, by name.
    pub compiled: Vec<String>,
    /// How many modules are as they were packaged.
    pub kept: u64,
    /// Other installed files that differ or are new.
    pub files: u64,
    /// Installed files that are gone.
    pub removed: u64,
    /// Files in which the distribution's changes and the revision's both stand.
    pub merged: Vec<String>,
    /// Files in which they do not fit together, and the revision's text was taken.
    pub conflicts: Vec<String>,
    /// What the source's own tests said, where they were run.
    pub doctests: Option<Doctested>,
}

/// What the source's own tests said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Doctested {
    /// How many were run.
    pub tests: u64,
    /// In how many files.
    pub files: u64,
    /// Failures that the reviewed list of the release does not have.
    pub new: u64,
    /// Failures that it has.
    pub known: u64,
    /// Listed failures that did not happen.
    pub fixed: u64,
}

impl OfRevision {
    /// It as names and values, for reports that have these.
    pub fn properties(&self) -> Vec<(String, String)> {
        let mut all = vec![
            ("revision.tag", self.tag.clone()),
            ("revision.version", self.version.clone()),
            ("revision.compiled", self.compiled.len().to_string()),
            ("revision.kept", self.kept.to_string()),
            ("revision.merged", self.merged.len().to_string()),
            ("revision.conflicts", self.conflicts.join(" ")),
        ];
        all.extend(self.commit.clone().map(|commit| ("revision.commit", commit)));
        if !self.dirty.is_empty() {
            all.push(("revision.dirty", self.dirty.join(" ")));
        }
        all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// What a person calls it: its tag, and the commit where there is one.
    pub(crate) fn said(&self) -> String {
        let commit = self.commit.as_ref().map(|commit| format!(", commit `{commit}`")).unwrap_or_default();
        let dirty = match self.dirty.len() {
            0 => String::new(),
            1 => ", with 1 changed file of the work tree".to_owned(),
            count => format!(", with {count} changed files of the work tree"),
        };
        format!("`{}`: version {}{commit}{dirty}", self.tag, self.version)
    }
}
