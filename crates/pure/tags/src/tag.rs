use crate::TagsError;

/// A tag, by the grammar of the OCI distribution spec ("Pulling manifests"): `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(String);

/// The longest tag, in bytes.
pub(crate) const LONGEST: usize = 128;

impl Tag {
    /// Parses a tag.
    ///
    /// # Errors
    /// [`TagsError::NotATag`] with the rule that is broken.
    pub fn parse(text: &str) -> Result<Self, TagsError> {
        let why = match text.chars().next() {
            None => "it is empty",
            Some('.' | '-') => "it begins with `.` or `-`",
            _ if text.len() > LONGEST => "it is longer than 128 bytes",
            _ if !text.chars().all(is_of_tags) => "only letters, digits, `_`, `.` and `-` are allowed",
            _ => return Ok(Self(text.to_owned())),
        };
        Err(TagsError::NotATag { text: text.to_owned(), why })
    }

    /// `latest`, which engines take where no tag is named.
    pub fn latest() -> Self {
        Self("latest".to_owned())
    }

    /// `develop`, the newest of all, pre-releases and the development branch included.
    pub fn develop() -> Self {
        Self("develop".to_owned())
    }

    /// One that is in the grammar by the way in which it was made.
    pub(crate) fn made(text: String) -> Self {
        debug_assert!(Self::parse(&text).is_ok(), "{text}");
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether tags may have this character, though not all of them at their beginning.
pub(crate) fn is_of_tags(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl std::str::FromStr for Tag {
    type Err = TagsError;
    fn from_str(text: &str) -> Result<Self, TagsError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Tag {
    type Error = TagsError;
    fn try_from(text: String) -> Result<Self, TagsError> {
        Self::parse(&text)
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> String {
        tag.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar() {
        let (longest, longer) = ("a".repeat(128), "a".repeat(129));
        for good in ["10.10-3", "_x", "A", &longest] {
            assert_eq!(Tag::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", ".x", "-x", "a b", "a/b", "a+b", "ä", "a\n", &longer] {
            assert!(Tag::parse(bad).is_err(), "{bad}");
        }
    }
}
