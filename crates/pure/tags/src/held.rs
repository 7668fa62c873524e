use crate::{Facts, Tag, TagsError};
use sage_oci_names::BlobDigest;
use std::collections::BTreeMap;

/// What a registry's repository, or an engine, holds: the tags that were read.
///
/// A tag that is listed and was not read ([`needed`](crate::needed) says which are) is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// The tags and what they are at.
    pub tags: BTreeMap<Tag, Holder>,
    /// Downgrades of which a reason was kept, as [`Move::kept`](crate::Move::kept) gave them: of each tag the newest.
    pub kept: Vec<Kept>,
}

/// The image that a tag is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// An image whose annotations say what it is.
    Ours(Facts),
    /// Somebody else's, or one that could not be read.
    Foreign {
        /// Its digest.
        digest: BlobDigest,
        /// Why nothing is known of it, as a sentence has it behind a colon.
        why: String,
    },
}

/// A tag that was put to another image against the rules: kept so that later jobs do not undo it.
///
/// It counts for as long as the tag is at `to`: only what is newer than `from` moves the tag on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The tag.
    pub tag: Tag,
    /// What it was at, where that was an image of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Facts>,
    /// What it was put to.
    pub to: BlobDigest,
    /// Why.
    pub reason: String,
}

impl Held {
    /// Adds a tag that holds an image with these annotations, or with none that can be read.
    pub fn hold(&mut self, tag: Tag, digest: BlobDigest, facts: Result<Facts, TagsError>) {
        let holder = facts.map_or_else(|error| Holder::Foreign { digest, why: error.to_string() }, Holder::Ours);
        self.tags.insert(tag, holder);
    }

    /// What a tag is at.
    pub fn digest(&self, tag: &Tag) -> Option<BlobDigest> {
        self.tags.get(tag).map(Holder::digest)
    }

    /// The downgrade that put a tag where it is.
    pub(crate) fn kept(&self, tag: &Tag) -> Option<&Kept> {
        let at = self.digest(tag)?;
        self.kept.iter().rev().find(|kept| kept.tag == *tag && kept.to == at)
    }
}

impl Holder {
    /// The image's digest.
    pub fn digest(&self) -> BlobDigest {
        match self {
            Self::Ours(facts) => facts.digest,
            Self::Foreign { digest, .. } => *digest,
        }
    }

    /// What is known of the image.
    pub fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Ours(facts) => Some(facts),
            Self::Foreign { .. } => None,
        }
    }
}

/// As people are told.
impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ours(facts) => write!(f, "{} ({facts})", facts.digest),
            Self::Foreign { digest, why } => write!(f, "{digest} ({why})"),
        }
    }
}
