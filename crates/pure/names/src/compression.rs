use crate::NameError;

/// How a layer's blob is stored: an algorithm, at a level that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Compression {
    algorithm: Algorithm,
    level: u8,
}

/// What makes a layer's stream smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Algorithm {
    /// Nothing: the tar stream as it is.
    None,
    /// Gzip, which every engine reads.
    Gzip,
    /// Zstandard, which Docker reads from version 23 on.
    Zstd,
}

impl Algorithm {
    /// Parses `none`, `gzip` or `zstd`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match text {
            "none" => Ok(Self::None),
            "gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            _ => Err(NameError::new("compression", text, "it is `none`, `gzip` or `zstd`")),
        }
    }

    /// The algorithm's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

impl Compression {
    /// The stream as it is.
    pub const NONE: Self = Self::usual(Algorithm::None);

    /// An algorithm at a level: gzip 1 (fastest) to 12 (smallest), as libdeflate has them; zstd 1 to 22. Without an algorithm
    /// there is no level, and what is given for one does not count.
    pub fn new(algorithm: Algorithm, level: u32) -> Result<Self, NameError> {
        let fail = |kind, why| Err(NameError::new(kind, &level.to_string(), why));
        match (algorithm, u8::try_from(level).unwrap_or(u8::MAX)) {
            (Algorithm::None, _) => Ok(Self::NONE),
            (Algorithm::Gzip, level @ 1..=12) | (Algorithm::Zstd, level @ 1..=22) => Ok(Self { algorithm, level }),
            (Algorithm::Gzip, _) => fail("level of gzip", "its levels are 1 to 12"),
            (Algorithm::Zstd, _) => fail("level of zstd", "its levels are 1 to 22"),
        }
    }

    /// An algorithm at the level from which on more time saves little.
    pub const fn usual(algorithm: Algorithm) -> Self {
        let level = match algorithm {
            Algorithm::None => 0,
            Algorithm::Gzip => 6,
            Algorithm::Zstd => 3,
        };
        Self { algorithm, level }
    }

    /// The algorithm.
    pub const fn algorithm(self) -> Algorithm {
        self.algorithm
    }

    /// The level; 0 without an algorithm.
    pub const fn level(self) -> u8 {
        self.level
    }
}

impl std::fmt::Display for Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl TryFrom<String> for Algorithm {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Algorithm> for String {
    fn from(algorithm: Algorithm) -> String {
        algorithm.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_has_its_levels_and_no_others() {
        for (algorithm, last) in [(Algorithm::Gzip, 12), (Algorithm::Zstd, 22)] {
            for level in 1..=last {
                let compression = Compression::new(algorithm, level).unwrap();
                assert_eq!((compression.algorithm(), u32::from(compression.level())), (algorithm, level));
            }
            for bad in [0, last + 1, 255, 256, 257, u32::MAX] {
                let error = Compression::new(algorithm, bad).unwrap_err().to_string();
                let expected = format!("`{bad}` is not a valid level of {algorithm}: its levels are 1 to {last}");
                assert_eq!(error, expected);
            }
        }
        assert_eq!(Compression::new(Algorithm::None, 5).unwrap(), Compression::NONE);
        assert_eq!(Compression::NONE.level(), 0);
    }

    #[test]
    fn usual_levels_are_levels() {
        for algorithm in [Algorithm::None, Algorithm::Gzip, Algorithm::Zstd] {
            let usual = Compression::usual(algorithm);
            assert_eq!(Compression::new(algorithm, usual.level().into()).unwrap(), usual);
        }
    }

    #[test]
    fn an_algorithm_is_written_as_it_is_parsed() {
        for text in ["none", "gzip", "zstd"] {
            let algorithm: Algorithm = serde_json::from_value(text.into()).unwrap();
            assert_eq!((algorithm.to_string().as_str(), serde_json::to_value(algorithm).unwrap()), (text, text.into()));
        }
        for bad in ["", "Zstd", "lz4", "zstd "] {
            assert!(Algorithm::parse(bad).is_err(), "{bad}");
        }
    }
}
