use crate::{ImageVersion, TagsError};

/// Python's words for stages (PEP 440), and ours.
const STAGES: [(&str, &str); 3] = [("rc", "rc"), ("a", "alpha"), ("b", "beta")];

impl ImageVersion {
    /// The version as Python's packages write it: `11.0.beta4` is `11.0b4` there.
    pub fn to_python(&self) -> String {
        STAGES.iter().fold(self.to_string(), |text, (python, ours)| text.replace(&format!(".{ours}"), python))
    }

    /// Reads a version as Python's packages write it, in the normal form of PEP 440.
    ///
    /// # Errors
    /// [`TagsError::NotAVersion`], also for what has no place in the order of images: `.post1`, `.dev1`, epochs, local versions.
    pub fn from_python(text: &str) -> Result<Self, TagsError> {
        let (numbers, rest) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
        if rest.is_empty() {
            return Self::parse(text);
        }
        let ours = STAGES.iter().find_map(|(python, ours)| Some(format!("{ours}{}", rest.strip_prefix(python)?)));
        match ours {
            Some(ours) if !numbers.ends_with(['.', '-', '~']) => Self::parse(&format!("{numbers}.{ours}")),
            _ => {
                Err(TagsError::NotAVersion { text: text.to_owned(), why: "it is not in the form of Python's packages" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_ways_of_writing() {
        for (ours, python) in
            [("11.0.beta4", "11.0b4"), ("11.0.rc1", "11.0rc1"), ("10.10", "10.10"), ("10.2.alpha10", "10.2a10")]
        {
            assert_eq!(ImageVersion::parse(ours).unwrap().to_python(), python);
            assert_eq!(ImageVersion::from_python(python).unwrap().to_string(), ours);
        }
        for text in
            ["11.0beta4", "11.0.beta4", "11.0.b4", "11.0.post1", "11.0.dev3", "1!11.0", "11.0b", "11.0+x", "", "b4"]
        {
            assert!(ImageVersion::from_python(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn there_and_back(text in "[1-9][0-9]?(\\.[0-9]{1,2}){1,2}(\\.(alpha|beta|rc)(0|[1-9][0-9]?))?") {
            let version = ImageVersion::parse(&text).unwrap();
            prop_assert_eq!(ImageVersion::from_python(&version.to_python()).unwrap(), version);
        }
    }
}
