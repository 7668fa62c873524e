use crate::TagsError;

/// The version of what an image carries: `10.10`, `10.10.beta4`, `11.0.alpha2`.
///
/// Between the numbers and the stage may stand `.`, `~` (Debian's way), `-` (that of annotations, which have no `~`) or nothing;
/// it is printed with `.`, which a tag may have. Ordered by the numbers, then alpha < beta < rc < release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageVersion {
    numbers: Vec<Number>,
    stage: Stage,
}

/// How near to its release a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// `alpha` and a number.
    Alpha(u64),
    /// `beta` and a number.
    Beta(u64),
    /// `rc` and a number.
    Candidate(u64),
    /// The release itself.
    Release,
}

/// A number and how many digits it was written with: `2024.01` stays so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Number {
    value: u64,
    digits: usize,
}

/// More digits than a version's number has; all of these fit.
const DIGITS: usize = 18;
/// The longest version: with a number behind it, it is still a tag.
const LONGEST: usize = 100;

impl ImageVersion {
    /// Parses a version.
    ///
    /// # Errors
    /// [`TagsError::NotAVersion`] with the rule that is broken.
    pub fn parse(text: &str) -> Result<Self, TagsError> {
        Self::read(text).map_err(|why| TagsError::NotAVersion { text: text.to_owned(), why })
    }

    fn read(text: &str) -> Result<Self, &'static str> {
        if text.len() > LONGEST {
            return Err("it is longer than 100 characters");
        }
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        let (numbers, stage) = if rest.is_empty() {
            (numbers, Stage::Release)
        } else {
            (numbers.strip_suffix('.').unwrap_or(numbers), Stage::read(rest.strip_prefix(['~', '-']).unwrap_or(rest))?)
        };
        Ok(Self { numbers: numbers.split('.').map(Number::read).collect::<Result<_, _>>()?, stage })
    }

    /// Whether this is not yet the release.
    pub fn is_pre_release(&self) -> bool {
        self.stage != Stage::Release
    }

    /// How near to its release it is.
    pub fn stage(&self) -> Stage {
        self.stage
    }
}

impl Stage {
    fn read(text: &str) -> Result<Self, &'static str> {
        let known = [("alpha", Self::Alpha as fn(u64) -> Self), ("beta", Self::Beta), ("rc", Self::Candidate)];
        let (make, number) = known
            .into_iter()
            .find_map(|(word, make)| Some((make, text.strip_prefix(word)?)))
            .ok_or("behind the numbers may stand `alpha`, `beta` or `rc` and a number only")?;
        let number = Number::read(number)?;
        // Two texts for one stage would be two tags for one version.
        if number.digits != number.value.to_string().len() {
            return Err("the number of its stage begins with a zero");
        }
        Ok(make(number.value))
    }
}

impl Number {
    fn read(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("a number is missing");
        }
        if text.len() > DIGITS {
            return Err("a number has more than 18 digits");
        }
        text.parse().map(|value| Self { value, digits: text.len() }).map_err(|_| "a number is missing")
    }
}

impl std::fmt::Display for ImageVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, Number { value, digits }) in self.numbers.iter().enumerate() {
            let dot = if at == 0 { "" } else { "." };
            write!(f, "{dot}{value:0digits$}")?;
        }
        match self.stage {
            Stage::Alpha(number) => write!(f, ".alpha{number}"),
            Stage::Beta(number) => write!(f, ".beta{number}"),
            Stage::Candidate(number) => write!(f, ".rc{number}"),
            Stage::Release => Ok(()),
        }
    }
}

impl std::str::FromStr for ImageVersion {
    type Err = TagsError;
    fn from_str(text: &str) -> Result<Self, TagsError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ImageVersion {
    type Error = TagsError;
    fn try_from(text: String) -> Result<Self, TagsError> {
        Self::parse(&text)
    }
}

impl From<ImageVersion> for String {
    fn from(version: ImageVersion) -> String {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn version(text: &str) -> ImageVersion {
        ImageVersion::parse(text).unwrap()
    }

    #[test]
    fn the_order_of_versions() {
        let rising = [
            "9.5",
            "10.2",
            "10.10.alpha2",
            "10.10.beta4",
            "10.10.beta10",
            "10.10.rc1",
            "10.10",
            "10.10.1.rc1",
            "10.10.1",
            "10.11",
            "11.0.alpha2",
            "11.0",
        ];
        for (at, low) in rising.iter().enumerate() {
            assert!(rising[at + 1..].iter().all(|high| version(low) < version(high)), "{low}");
        }
    }

    #[test]
    fn every_way_to_write_a_stage_is_one_version() {
        for text in ["10.10.beta4", "10.10~beta4", "10.10-beta4", "10.10beta4"] {
            assert_eq!(version(text).to_string(), "10.10.beta4", "{text}");
        }
        assert!(version("10.10~rc1").is_pre_release() && !version("10.10").is_pre_release());
        assert_eq!(version("2024.01").to_string(), "2024.01");
        assert_ne!(version("2024.01"), version("2024.1"));
    }

    #[test]
    fn what_is_no_version() {
        let long = "1.".repeat(60) + "1";
        for text in [
            "",
            ".",
            "10.",
            ".10",
            "10..1",
            "v10.10",
            "10.10-3",
            "10.10+git",
            "10.10.beta",
            "10.10.beta04",
            "10.10.gamma1",
            "10.10.beta4.1",
            "10.10 ",
            "10.10.~beta4x",
            "9999999999999999999",
            "latest",
            "2.1-dev",
            "10.10\n",
            &long,
        ] {
            assert!(ImageVersion::parse(text).is_err(), "{text}");
        }
    }

    fn any_version() -> impl Strategy<Value = String> {
        "(0|[1-9][0-9]{0,2})(\\.[0-9]{1,3}){0,3}([.~-]?(alpha|beta|rc)(0|[1-9][0-9]?))?"
    }

    proptest! {
        #[test]
        fn print_and_parse_are_inverse(text in any_version()) {
            let parsed = version(&text);
            prop_assert_eq!(version(&parsed.to_string()), parsed);
        }

        #[test]
        fn the_order_is_total_and_equality_is_that_of_the_text(a in any_version(), b in any_version(), c in any_version()) {
            let (a, b, c) = (version(&a), version(&b), version(&c));
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            prop_assert_eq!(a == b, a.to_string() == b.to_string());
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }

        #[test]
        fn no_text_breaks_it(text in ".{0,40}") {
            if let Ok(version) = ImageVersion::parse(&text) {
                prop_assert!(crate::Tag::parse(&version.to_string()).is_ok());
            }
        }
    }
}
