use crate::{ImageVersion, Tag};

/// How far images of one version are counted. A larger number, as a date behind the version, is a name that somebody else gave.
pub const NUMBERS: u32 = 9999;

/// A tag of the form `10.10-3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The version.
    pub version: ImageVersion,
    /// The number behind it; none where it is zero or above [`NUMBERS`].
    pub number: Option<u32>,
    /// It is written as we write it: not `10.10-03`, not `10.10~beta4-1`.
    pub canonical: bool,
}

impl Number {
    /// Reads a tag of that form, also one with an impossible number; none where it has another form.
    pub fn read(tag: &Tag) -> Option<Self> {
        let (version, digits) = tag.as_str().rsplit_once('-')?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let version = ImageVersion::parse(version).ok()?;
        let number = digits.parse().ok().filter(|number| (1..=NUMBERS).contains(number));
        let canonical = number.is_some_and(|number| Self::tag(&version, number) == *tag);
        Some(Self { version, number, canonical })
    }

    /// The tag of a version and a number.
    pub fn tag(version: &ImageVersion, number: u32) -> Tag {
        Tag::made(format!("{version}-{number}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms() {
        for (tag, number, canonical) in [
            ("10.10-3", Some(3), true),
            ("10.10-9999", Some(9999), true),
            ("10.10.beta4-1", Some(1), true),
            ("10.10-beta4-1", Some(1), false),
            ("10.10-03", Some(3), false),
            ("10.10-0", None, false),
            ("10.10-20261128", None, false),
            ("10.10-99999999999999999999999999", None, false),
        ] {
            let read = Number::read(&Tag::parse(tag).unwrap()).unwrap();
            assert_eq!((read.number, read.canonical), (number, canonical), "{tag}");
        }
        for other in ["10.10", "latest", "10.10-", "x-3", "10.10-3-arm64", "10.10-beta4"] {
            assert_eq!(Number::read(&Tag::parse(other).unwrap()), None, "{other}");
        }
    }
}
