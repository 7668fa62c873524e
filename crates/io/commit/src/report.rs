use sage_oci_rebuild::{Change, Rebuild};
use sage_oci_source::{MergeNote, Outcome};
use serde::Serialize;

/// What a commit changes, for people.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Names of the modules that are compiled.
    pub compiled: Vec<String>,
    /// How many modules stay as they are packaged.
    pub kept: usize,
    /// Other installed files that differ or are new.
    pub files: usize,
    /// Installed files that are gone.
    pub removed: usize,
    /// Sources that differ from what was packaged, by their paths in the tree.
    pub changed: Vec<String>,
    /// What meson says of libraries and programs that it found for the release and does not find for the commit.
    pub missing: Vec<String>,
    /// What the distribution and the commit had both changed.
    pub notes: Vec<MergeNote>,
}

impl Report {
    pub(crate) fn new(rebuild: &Rebuild, changed: Vec<String>, notes: Vec<MergeNote>) -> Self {
        let removed = rebuild.files.values().filter(|change| **change == Change::Removed).count();
        Self {
            compiled: rebuild.modules.iter().map(|module| module.name.clone()).collect(),
            kept: rebuild.kept,
            files: rebuild.files.len() - removed,
            removed,
            changed,
            missing: rebuild.missing.clone(),
            notes,
        }
    }

    /// Files that both had changed in ways that do not fit together; the commit's stand.
    pub fn conflicts(&self) -> impl Iterator<Item = &MergeNote> {
        self.notes.iter().filter(|note| is_conflict(note))
    }

    /// Files in which both sides' changes stand.
    pub fn merged(&self) -> impl Iterator<Item = &MergeNote> {
        self.notes.iter().filter(|note| note.outcome == Outcome::Merged)
    }
}

/// Whether what the distribution had changed is lost, since the commit's text was taken.
pub(crate) fn is_conflict(note: &MergeNote) -> bool {
    !matches!(note.outcome, Outcome::Kept | Outcome::Same | Outcome::Merged)
}
