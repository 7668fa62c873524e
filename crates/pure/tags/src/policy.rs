use crate::{Tag, TagsError};
use std::collections::BTreeSet;

/// What an image is tagged for, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What for.
    pub purpose: Purpose,
    /// The tags that the definition lists for the image's channel, as `sid` and `latest`: each goes forward only.
    pub floating: Vec<Tag>,
    /// Tags of other channels: no branch gets one of these, nor one of `floating`.
    pub reserved: BTreeSet<Tag>,
    /// What an image does that is neither older nor newer.
    pub ties: Ties,
    /// The rules are overruled.
    pub overrule: Option<Override>,
}

/// What an image is tagged for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Purpose {
    /// A release: a number, the version, the channel's tags, `develop`, `latest`. An image whose version is a pre-release is
    /// tagged as one.
    Release,
    /// A pre-release: a number, the version, `develop`. An image whose version is a release moves `develop` only.
    PreRelease,
    /// The development branch: `develop`.
    Develop,
    /// A branch, by its name: one tag of its own.
    Branch(String),
    /// An image of a chosen revision of the source: the one tag that it says itself.
    Revision {
        /// Where it is named, the tag of another branch than this one is left alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
    },
    /// A person's own engine, where nobody else waits for a release: the version and the channel's tags, pre-releases included.
    Local,
}

/// What an image does to a tag whose holder is neither older nor newer, and another image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ties {
    /// The tag stays: in a registry two jobs would move it to and fro.
    #[default]
    Stay,
    /// The tag moves: in an engine it is the person's own rebuild.
    Move,
}

/// A person's word that the rules do not count this time, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    reason: String,
    only: Option<BTreeSet<Tag>>,
}

impl Policy {
    /// The rules of a registry.
    pub fn new(purpose: Purpose, floating: Vec<Tag>) -> Self {
        Self { purpose, floating, reserved: BTreeSet::new(), ties: Ties::Stay, overrule: None }
    }

    /// The rules of a person's own engine.
    pub fn local(floating: Vec<Tag>) -> Self {
        Self { ties: Ties::Move, ..Self::new(Purpose::Local, floating) }
    }

    /// What no branch may be called.
    pub(crate) fn all_reserved(&self) -> BTreeSet<Tag> {
        self.reserved.iter().chain(&self.floating).cloned().collect()
    }
}

impl Override {
    /// Takes the reason, which is kept. It counts for every tag of the purpose, also for those that it would not touch by
    /// itself, as `latest` where the image is a pre-release.
    ///
    /// # Errors
    /// [`TagsError::NoReason`] where it says nothing.
    pub fn new(reason: &str) -> Result<Self, TagsError> {
        match reason.trim() {
            "" => Err(TagsError::NoReason),
            reason => Ok(Self { reason: reason.to_owned(), only: None }),
        }
    }

    /// Leaves the rules for all tags but these.
    #[must_use]
    pub fn only(self, tags: impl IntoIterator<Item = Tag>) -> Self {
        Self { only: Some(tags.into_iter().collect()), ..self }
    }

    /// Whether the rules do not count for this tag.
    pub(crate) fn covers(&self, tag: &Tag) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(tag))
    }

    /// The reason.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}
