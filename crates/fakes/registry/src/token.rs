use std::collections::BTreeSet;
use std::time::Instant;

/// Pairs of a repository and an action on it.
pub(crate) type Scopes = BTreeSet<(String, &'static str)>;

/// A token that was given.
pub(crate) struct Token {
    pub scopes: Scopes,
    pub until: Instant,
    /// For how many more requests it is good; `None`: for all.
    pub requests: Option<u64>,
}
