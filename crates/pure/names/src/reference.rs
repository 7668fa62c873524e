use crate::BlobDigest;

/// The name of an image: `[registry[:port]/]repository[:tag][@digest]`, by the grammar of
/// [distribution/reference](https://pkg.go.dev/github.com/distribution/reference).
///
/// Nothing is filled in. Where the text has no registry, engines take `docker.io` (and `library/` before a repository of one
/// word), and where it has neither tag nor digest, `latest`: [`Reference::or_latest`] says that aloud.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference {
    registry: Option<String>,
    repository: String,
    tag: Option<String>,
    digest: Option<BlobDigest>,
}

/// Why a text is no image reference: which part of it, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[error("`{text}` is no image reference: {part} `{piece}` {why}")]
pub struct ReferenceError {
    /// The whole text.
    pub text: String,
    /// Which part is wrong.
    pub part: ReferencePart,
    /// The part itself.
    pub piece: String,
    /// The rule that it breaks.
    pub why: &'static str,
}

/// A part of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferencePart {
    /// All of it.
    Whole,
    /// The registry's host.
    Registry,
    /// The registry's port.
    Port,
    /// The repository, or a part of it between slashes.
    Repository,
    /// The tag.
    Tag,
    /// The digest.
    Digest,
}

impl std::fmt::Display for ReferencePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Whole => "the text",
            Self::Registry => "its registry",
            Self::Port => "its registry's port",
            Self::Repository => "its repository",
            Self::Tag => "its tag",
            Self::Digest => "its digest",
        })
    }
}

/// The longest repository, in bytes.
const REPOSITORY: usize = 255;
/// The longest tag, in bytes.
const TAG: usize = 128;

/// A part that breaks a rule: which, the part, the rule.
type Wrong<'a> = (ReferencePart, &'a str, &'static str);

impl Reference {
    /// Parses a reference. What is no name but an Id (64 hexadecimal digits, with or without `sha256:`) is refused, as engines
    /// do not read it as a name either.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        Self::read(text).map_err(|(part, piece, why)| ReferenceError {
            text: text.to_owned(),
            part,
            piece: piece.to_owned(),
            why,
        })
    }

    fn read(text: &str) -> Result<Self, Wrong<'_>> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon before the last slash belongs to the registry's port.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        let (registry, repository) = match name.split_once('/') {
            Some((host, path)) if is_registry(host) => (Some(host), path),
            _ => (None, name),
        };
        if registry.is_none() && (is_id(repository) || repository == "sha256" && tag.is_some_and(is_id)) {
            return Err((ReferencePart::Whole, text, "is the Id of an image and not its name"));
        }
        registry.map_or(Ok(()), check_registry)?;
        check_repository(repository)?;
        tag.map_or(Ok(()), check_tag)?;
        let wrong = |digest| (ReferencePart::Digest, digest, "is not `sha256:` and 64 lower-case hexadecimal digits");
        Ok(Self {
            registry: registry.map(str::to_owned),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(|digest| BlobDigest::parse(digest).map_err(|_| wrong(digest))).transpose()?,
        })
    }

    /// The registry's host, with its port; none where an engine takes `docker.io`.
    pub fn registry(&self) -> Option<&str> {
        self.registry.as_deref()
    }

    /// The repository in its registry, as it was written: without `library/`, which `docker.io` puts before a single word.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Registry and repository: all but tag and digest.
    pub fn name(&self) -> String {
        match &self.registry {
            Some(registry) => format!("{registry}/{}", self.repository),
            None => self.repository.clone(),
        }
    }

    /// The tag.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest of the manifest or index that is meant, whatever the tag says.
    pub fn digest(&self) -> Option<BlobDigest> {
        self.digest
    }

    /// The same, with the tag `latest` where there is neither tag nor digest.
    pub fn or_latest(mut self) -> Self {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = Some("latest".to_owned());
        }
        self
    }
}

/// Whether what stands before the first slash is a registry and not a part of the repository: it looks like a host.
fn is_registry(host: &str) -> bool {
    host == "localhost" || host.contains(['.', ':', '[']) || host.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn check_registry(text: &str) -> Result<(), Wrong<'_>> {
    let fail = |why| Err((ReferencePart::Registry, text, why));
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    if let Some(port) = port
        && (port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err((ReferencePart::Port, port, "is not a number"));
    }
    if let Some(address) = host.strip_prefix('[') {
        return match address.strip_suffix(']').map(str::parse::<core::net::Ipv6Addr>) {
            Some(Ok(_)) => Ok(()),
            _ => fail("has brackets around what is no IPv6 address"),
        };
    }
    let byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(byte) && !label.starts_with('-') && !label.ends_with('-');
    if host.split('.').all(label) {
        Ok(())
    } else {
        fail("is not a host's name: letters, digits, `-` and dots between")
    }
}

fn check_repository(text: &str) -> Result<(), Wrong<'_>> {
    let fail = |piece, why| Err((ReferencePart::Repository, piece, why));
    if text.is_empty() {
        return fail(text, "is empty");
    }
    if text.len() > REPOSITORY {
        return fail(text, "is longer than 255 characters");
    }
    for part in text.split('/') {
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if part.is_empty() {
            return fail(text, "has nothing before, after or between slashes");
        }
        if part.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return fail(part, "has upper-case letters");
        }
        if !part.bytes().all(|byte| word(byte) || b"._-".contains(&byte)) {
            return fail(part, "has other characters than lower-case letters, digits and `._-`");
        }
        let ends = |text: &str| text.bytes().next().is_some_and(word) && text.bytes().last().is_some_and(word);
        if !ends(part) {
            return fail(part, "does not begin and end with a letter or a digit");
        }
        let mut between = part.split(|byte: char| byte.is_ascii_alphanumeric()).filter(|between| !between.is_empty());
        if !between.all(|between| matches!(between, "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')) {
            return fail(part, "has more than one `.`, two `_` or any number of `-` between letters and digits");
        }
    }
    Ok(())
}

fn check_tag(text: &str) -> Result<(), Wrong<'_>> {
    let fail = |why| Err((ReferencePart::Tag, text, why));
    let byte = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    match text {
        "" => fail("is empty"),
        _ if text.len() > TAG => fail("is longer than 128 characters"),
        _ if !text.bytes().all(byte) => fail("has other characters than letters, digits and `._-`"),
        _ if text.starts_with(['.', '-']) => fail("begins with `.` or `-`"),
        _ => Ok(()),
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tag = self.tag.iter().map(|tag| format!(":{tag}"));
        let digest = self.digest.iter().map(|digest| format!("@{digest}"));
        f.pad(&std::iter::once(self.name()).chain(tag).chain(digest).collect::<String>())
    }
}

impl std::str::FromStr for Reference {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Reference {
    type Error = ReferenceError;
    fn try_from(text: String) -> Result<Self, ReferenceError> {
        Self::parse(&text)
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> String {
        reference.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// Examples of distribution/reference's own tests.
    #[test]
    fn parts_are_told_apart() {
        let long = "a".repeat(255);
        let digest = format!("sha256:{HEX}");
        for (text, registry, repository, tag, has_digest) in [
            ("test_com", None, "test_com", None, false),
            ("test.com:tag", None, "test.com", Some("tag"), false),
            ("test.com:5000", None, "test.com", Some("5000"), false),
            ("test.com/repo:tag", Some("test.com"), "repo", Some("tag"), false),
            ("test:5000/repo", Some("test:5000"), "repo", None, false),
            ("test:5000/repo:tag", Some("test:5000"), "repo", Some("tag"), false),
            (&format!("test:5000/repo@{digest}"), Some("test:5000"), "repo", None, true),
            (&format!("test:5000/repo:tag@{digest}"), Some("test:5000"), "repo", Some("tag"), true),
            ("localhost/a", Some("localhost"), "a", None, false),
            ("library/ubuntu", None, "library/ubuntu", None, false),
            ("foo_bar.com:8080", None, "foo_bar.com", Some("8080"), false),
            ("foo/foo_bar.com:8080", None, "foo/foo_bar.com", Some("8080"), false),
            ("Uppercase/lowercase:tag", Some("Uppercase"), "lowercase", Some("tag"), false),
            ("xn--n3h.com/myimage:xn--n3h.com", Some("xn--n3h.com"), "myimage", Some("xn--n3h.com"), false),
            ("[2001:db8::1]:5000/repo", Some("[2001:db8::1]:5000"), "repo", None, false),
            ("[::1]/repo:_x", Some("[::1]"), "repo", Some("_x"), false),
            ("a__b/c---d.e:A-1.b", None, "a__b/c---d.e", Some("A-1.b"), false),
            (&format!("h.x/{long}"), Some("h.x"), &long, None, false),
        ] {
            let found = Reference::parse(text).unwrap();
            assert_eq!((found.registry(), found.repository(), found.tag()), (registry, repository, tag), "{text}");
            assert_eq!(found.digest().is_some(), has_digest, "{text}");
            assert_eq!(found.to_string(), text);
        }
    }

    #[test]
    fn the_part_that_is_wrong_is_named() {
        use ReferencePart::{Digest, Port, Registry, Repository, Tag, Whole};
        let (long, tag) = (format!("x.y/{}", "a".repeat(256)), format!("a:{}", "b".repeat(129)));
        let (id, prefixed) = (HEX.to_owned(), format!("sha256:{HEX}"));
        for (text, part, piece) in [
            ("", Repository, ""),
            (":justtag", Repository, ""),
            ("aa/asdf$$^/aa", Repository, "asdf$$^"),
            ("Upper:Case", Repository, "Upper"),
            ("test:5000/Uppercase/lowercase:tag", Repository, "Uppercase"),
            ("a//b", Repository, "a//b"),
            ("a/", Repository, "a/"),
            ("-a", Repository, "-a"),
            ("a-/b", Repository, "a-"),
            ("a..b", Repository, "a..b"),
            ("a___b", Repository, "a___b"),
            ("a._b", Repository, "a._b"),
            ("A b", Repository, "A b"),
            (&long, Repository, &long[4..]),
            ("a:", Tag, ""),
            ("a:-1", Tag, "-1"),
            ("a:x y", Tag, "x y"),
            (&tag, Tag, &tag[2..]),
            ("a@sha256:00", Digest, "sha256:00"),
            ("a:1@", Digest, ""),
            ("-x.y/a", Registry, "-x.y"),
            ("x..y/a", Registry, "x..y"),
            ("x.y_z/a", Registry, "x.y_z"),
            ("[::g]/a", Registry, "[::g]"),
            ("x.y:/a", Port, ""),
            ("x.y:80a/a", Port, "80a"),
            (&id, Whole, &id),
            (&prefixed, Whole, &prefixed),
        ] {
            let error = Reference::parse(text).unwrap_err();
            assert_eq!((error.part, error.piece.as_str()), (part, piece), "{error}");
        }
        assert_eq!(
            Reference::parse("a:-1").unwrap_err().to_string(),
            "`a:-1` is no image reference: its tag `-1` begins with `.` or `-`"
        );
    }

    #[test]
    fn a_default_is_filled_in_where_it_is_asked_for() {
        let said = |text: &str| Reference::parse(text).unwrap().or_latest().to_string();
        let pinned = format!("a@sha256:{HEX}");
        assert_eq!((said("a"), said("a:1"), said(&pinned)), ("a:latest".into(), "a:1".into(), pinned.clone()));
    }
}
