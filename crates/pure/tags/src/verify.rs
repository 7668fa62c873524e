use crate::{Decision, Held, Tag};
use sage_oci_names::BlobDigest;

/// A tag that somebody else moved meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Surprise {
    /// The tag.
    pub tag: Tag,
    /// Where it should be.
    pub expected: Option<BlobDigest>,
    /// Where it is.
    pub found: Option<BlobDigest>,
}

/// Compares what is held after the moves with what the decision wanted.
///
/// A surprise is no failure: [`decide`](crate::decide) from `after` says whether something is left to do.
pub fn verify(after: &Held, decision: &Decision) -> Vec<Surprise> {
    let moved = decision.moves.iter().map(|one| (&one.tag, Some(one.to)));
    let stayed = decision.stays.iter().map(|one| (&one.tag, one.holder));
    moved
        .chain(stayed)
        .map(|(tag, expected)| Surprise { tag: tag.clone(), expected, found: after.digest(tag) })
        .filter(|one| one.expected != one.found)
        .collect()
}

/// As people are told, without a full stop.
impl std::fmt::Display for Surprise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { tag, expected, found } = self;
        match (found, expected) {
            (Some(found), Some(expected)) => write!(f, "somebody else put `{tag}` to {found}; {expected} was expected"),
            (Some(found), None) => write!(f, "somebody else put `{tag}` to {found}"),
            (None, Some(expected)) => write!(f, "`{tag}` is not there; {expected} was expected"),
            (None, None) => write!(f, "`{tag}` is not there"),
        }
    }
}
