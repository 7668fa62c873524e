use crate::{Facts, Kept, Tag};
use sage_oci_names::BlobDigest;

/// What happens to the tags, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Decision {
    /// What is written, in this order: it may be cut off anywhere. Numbers first, `latest` last.
    pub moves: Vec<Move>,
    /// What is left where it is.
    pub stays: Vec<Stay>,
    /// What else the registry holds that does not fit, each a sentence without a full stop.
    pub remarks: Vec<String>,
}

/// A tag that is written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Move {
    /// The tag.
    pub tag: Tag,
    /// What it is at: where it is at something else just before the write, decide again.
    pub from: Option<BlobDigest>,
    /// What it goes to; where another job was cut off, this may be that one's image.
    pub to: BlobDigest,
    /// Why.
    pub why: MoveReason,
    /// What has to be kept beside the image, where the rules were overruled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
}

/// A tag that is left where it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Stay {
    /// The tag.
    pub tag: Tag,
    /// What it is at; none where it is not there.
    pub holder: Option<BlobDigest>,
    /// Why.
    pub why: StayReason,
}

/// Why a tag is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveReason {
    /// A new number for a new image of this version.
    Numbered,
    /// The tag is not there yet.
    First,
    /// The image is newer than the holder.
    Newer {
        /// The holder.
        than: Facts,
    },
    /// The holder is an image of the source alone, and this one is a packaged release.
    Packaged {
        /// The holder.
        than: Facts,
    },
    /// The newest image that the tag may hold is another one, which has a number.
    Completes {
        /// Its number.
        number: Tag,
        /// What it is.
        image: Facts,
    },
    /// A person's own rebuild of what the tag is at.
    Rebuilt,
    /// The branch has another commit.
    Follows,
    /// A rule was overruled.
    Overruled {
        /// The rule, as it would have been said.
        rule: StayReason,
        /// The person's reason.
        reason: String,
    },
}

/// Why a tag is left where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StayReason {
    /// It is at this image already.
    There,
    /// Its holder is newer.
    HolderNewer {
        /// The holder.
        holder: Facts,
    },
    /// Its holder is neither older nor newer.
    Equal,
    /// Version and date are those of its holder, and the commit of one of the two is not known.
    Unknown,
    /// Its holder is somebody else's.
    Foreign {
        /// Why nothing is known of it.
        why: String,
    },
    /// The image is a pre-release.
    PreRelease,
    /// What is asked for is a pre-release, and the image's version is a release.
    AskedForPreRelease,
    /// An image of this version with a number is newer: an older one is not counted behind it.
    OlderThanNumbered {
        /// That image's number.
        number: Tag,
    },
    /// Every number of this version is taken.
    NoNumberLeft,
    /// The image is of a chosen revision of the source, and something else was asked for.
    OfRevision,
    /// No image of a revision may have this tag.
    Reserved,
    /// The image's tag is not that of the branch that asks for it.
    OtherBranch {
        /// The branch.
        branch: String,
    },
    /// Of the image and the holder one is of a chosen revision of the source, the other is not.
    OtherKind {
        /// The holder.
        holder: Facts,
    },
    /// The tag is at an image of a later commit of the branch.
    LaterCommit,
    /// The tag was put where it is on purpose, and this image is not newer than what it had been at.
    PutBack {
        /// The reason that was kept.
        reason: String,
    },
}

impl std::fmt::Display for MoveReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Numbered => write!(f, "the next number of its version"),
            Self::First => write!(f, "the tag is new"),
            Self::Newer { than } => write!(f, "newer than {than}"),
            Self::Packaged { than } => write!(f, "the packaged release takes the place of {than}"),
            Self::Completes { number, image } => {
                write!(f, "`{number}` ({image}) is the newest for this tag, and no job has moved it there yet")
            }
            Self::Rebuilt => write!(f, "built again from the same packages"),
            Self::Follows => write!(f, "the tag follows its branch"),
            Self::Overruled { rule, reason } => write!(f, "although {rule}: {reason}"),
        }
    }
}

impl std::fmt::Display for StayReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::There => write!(f, "it is at this image"),
            Self::HolderNewer { holder } => write!(f, "it is at a newer image, {holder}"),
            Self::Equal => write!(f, "it is at another image of the same version, date and commit"),
            Self::Unknown => {
                write!(f, "it is at another image of the same version and date, and the commits are not known")
            }
            Self::Foreign { why } => write!(f, "it is at somebody else's image ({why})"),
            Self::PreRelease => write!(f, "the image is a pre-release"),
            Self::AskedForPreRelease => write!(f, "a pre-release is published, and the image's version is a release"),
            Self::OlderThanNumbered { number } => write!(f, "`{number}` is of the same version and newer"),
            Self::NoNumberLeft => write!(f, "every number of this version is taken"),
            Self::OfRevision => {
                write!(f, "the image is of a chosen revision of the source, and is tagged as a `revision` only")
            }
            Self::Reserved => write!(f, "no image of a revision of the source may have this tag"),
            Self::OtherBranch { branch } => {
                write!(f, "it is not the tag of `{branch}`, and only protected refs move others")
            }
            Self::OtherKind { holder } => write!(f, "it is at an image of another kind, {holder}"),
            Self::LaterCommit => write!(f, "it is at a later commit of the branch"),
            Self::PutBack { reason } => write!(f, "it was put where it is on purpose: {reason}"),
        }
    }
}

impl serde::Serialize for MoveReason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl serde::Serialize for StayReason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
