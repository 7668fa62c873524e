use std::hash::{BuildHasher, RandomState};

/// Which run a container belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId(String);

impl RunId {
    /// An id no other run has: process id and random bits. It never reaches bytes that are hashed.
    pub fn unique() -> Self {
        let random = RandomState::new().hash_one(std::process::id());
        Self(format!("{}-{random:016x}", std::process::id()))
    }

    /// The run that a label names.
    pub(crate) fn of_label(text: String) -> Self {
        Self(text)
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
