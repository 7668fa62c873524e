use crate::EngineError;

/// The name an image gets in the engine, `repository:tag` (distribution's reference grammar, without digests).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    repository: String,
    tag: String,
}

impl Reference {
    /// Parses `repository[:tag]`; without a tag it is `latest`.
    pub fn parse(text: &str) -> Result<Self, EngineError> {
        let fail = |why| Err(EngineError::Reference { text: text.to_owned(), why });
        // A colon before the last slash belongs to the registry's port.
        let (repository, tag) = match text.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (text, "latest"),
        };
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let path_byte = |b: u8| word(b) || b"._-/:".contains(&b);
        if repository.is_empty() || !repository.bytes().all(path_byte) {
            return fail("a repository has lower-case letters, digits and `._-/` only");
        }
        if repository
            .split('/')
            .any(|part| !part.bytes().next().is_some_and(word) || !part.bytes().last().is_some_and(word))
        {
            return fail("every part of a repository begins and ends with a letter or a digit");
        }
        let tag_byte = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if tag.is_empty() || tag.len() > 128 || !tag.bytes().all(tag_byte) || tag.starts_with(['.', '-']) {
            return fail("a tag has 1 to 128 letters, digits and `._-`, and does not begin with `.` or `-`");
        }
        Ok(Self { repository: repository.to_owned(), tag: tag.to_owned() })
    }

    /// The part before the tag.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag.
    pub fn tag(&self) -> &str {
        &self.tag
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}:{}", self.repository, self.tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar() {
        for (text, whole) in [("sagemath", "sagemath:latest"), ("localhost:5000/a/b", "localhost:5000/a/b:latest")] {
            assert_eq!(Reference::parse(text).unwrap().to_string(), whole);
        }
        assert_eq!(Reference::parse("ghcr.io/s/sagemath:10.10-1").unwrap().tag(), "10.10-1");
        for bad in ["", ":1", "A:1", "a:", "a:-1", "a//b", "a b", "a:x y", "-a", "a@sha256:00"] {
            assert!(Reference::parse(bad).is_err(), "{bad}");
        }
    }
}
