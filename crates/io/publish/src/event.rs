use sage_oci_names::BlobDigest;
use sage_oci_tags::{Move, Surprise, Tag};

/// What happens while tags are moved, as it happens.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A tag was written.
    Moved(&'a Move),
    /// Somebody else has moved a tag; what is to be done is decided again.
    Surprise(&'a Surprise),
    /// A rule of the registry keeps a tag where it is.
    Fixed {
        /// The tag.
        tag: &'a Tag,
        /// What it is at.
        at: Option<BlobDigest>,
    },
    /// Something that does not fit and stands in nobody's way, a sentence without a full stop.
    Remark(&'a str),
}

/// As people are told, without a full stop.
impl std::fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Moved(one) => write!(f, "`{}` is at {} now: {}", one.tag, one.to, one.why),
            Self::Surprise(surprise) => write!(f, "{surprise}"),
            Self::Fixed { tag, at: Some(at) } => {
                write!(f, "a rule of the registry makes `{tag}` immutable, and it is at {at}")
            }
            Self::Fixed { tag, at: None } => write!(f, "a rule of the registry lets nobody write `{tag}`"),
            Self::Remark(text) => write!(f, "{text}"),
        }
    }
}
