use crate::address::{is_known, is_short, scheme, without_password};
use crate::{BadReference, Reference};
use sage_oci_tags::ImageVersion;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The revision that a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A git work tree, a bare repository or an unpacked archive on this machine.
    Folder {
        /// Where it is.
        path: PathBuf,
        /// The revision of it, as git understands it; none for what is checked out.
        revision: Option<String>,
    },
    /// A repository elsewhere.
    Remote {
        /// Its address, which may hold a password: show [`Wanted`] itself.
        url: String,
        /// What is asked for.
        reference: Reference,
    },
    /// A release, candidate or beta.
    Version(ImageVersion),
    /// An archive of the source on this machine, a `.tar.gz`.
    Archive(PathBuf),
}

/// A text that names no revision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
pub enum WantedError {
    /// There is no text.
    #[error("the revision is empty")]
    #[hint("name a folder (`.` for this one), an address, a version or an archive")]
    Empty,
    /// It looks like an option.
    #[error("`{text}` begins with a hyphen, as an option does")]
    #[hint("a folder of this name is written `./{text}`")]
    Option {
        /// The text.
        text: String,
    },
    /// It looks like a version and is none.
    #[error("`{text}` is no version: {why}")]
    #[hint(
        "versions have a form like `10.10`, `10.10.beta4` or `10.10.rc1`; a folder of this name is written `./{text}`"
    )]
    Version {
        /// The text.
        text: String,
        /// The rule that it breaks.
        why: String,
    },
    /// An address of a kind that is not asked.
    #[error("`{url}` cannot be asked: `{scheme}` is none of https, http, ssh, git and file")]
    #[hint("name the repository by one of these, or clone it and name the folder")]
    Scheme {
        /// The address, without a password.
        url: String,
        /// What it begins with.
        scheme: String,
    },
    /// What stands behind the address cannot be asked for.
    #[error("{url}: {source}")]
    Reference {
        /// The address, without a password.
        url: String,
        /// Why not.
        source: BadReference,
    },
}

impl Wanted {
    /// Parses what a person typed. `exists` tells whether there is something at a path: one that has an `@` in its name is meant as a
    /// whole where it exists, else the `@` stands before a revision.
    ///
    /// An address is everything before its last `@`.
    ///
    /// # Errors
    /// [`WantedError`]: the text can be none of the kinds.
    pub fn parse(text: &str, exists: impl Fn(&Path) -> bool) -> Result<Self, WantedError> {
        if text.is_empty() {
            return Err(WantedError::Empty);
        }
        if text.starts_with('-') {
            return Err(WantedError::Option { text: text.to_owned() });
        }
        if let Some(scheme) = scheme(text) {
            if !is_known(scheme) {
                return Err(WantedError::Scheme { url: without_password(text), scheme: scheme.to_owned() });
            }
            let start = scheme.len() + "://".len();
            // A user and a password stand before the path.
            let path = text[start..].find('/').map_or(text.len(), |at| start + at);
            return remote(text, path);
        }
        // Git's own transports that run a program.
        if let Some((helper, _)) = text.split_once("::")
            && helper.chars().all(|c| c.is_ascii_alphanumeric())
        {
            return Err(WantedError::Scheme { url: text.to_owned(), scheme: format!("{helper}::") });
        }
        if let Ok(version) = ImageVersion::parse(text) {
            return Ok(Self::Version(version));
        }
        let archive = |name: &str| [".tar.gz", ".tgz"].iter().any(|end| name.to_ascii_lowercase().ends_with(end));
        if archive(text) && (exists(Path::new(text)) || !text.contains('@')) {
            return Ok(Self::Archive(text.into()));
        }
        let folder = |path: &str, revision: Option<&str>| Self::Folder {
            path: if path.is_empty() { ".".into() } else { path.into() },
            revision: revision.map(str::to_owned),
        };
        if exists(Path::new(text)) {
            return Ok(folder(text, None));
        }
        let marks: Vec<(&str, &str)> = text.match_indices('@').map(|(at, _)| (&text[..at], &text[at + 1..])).collect();
        if let Some((path, revision)) = marks.iter().find(|(path, _)| !path.is_empty() && exists(Path::new(path))) {
            return Ok(folder(path, Some(revision)));
        }
        if is_short(text) {
            return remote(text, text.find(':').unwrap_or_default());
        }
        let numbers = text.starts_with(|c: char| c.is_ascii_digit());
        if let Err(error) = ImageVersion::parse(text)
            && numbers
            && text.contains('.')
            && !text.contains(['/', '@'])
        {
            // The error's own words about the same text.
            let why = error.to_string().split_once(": ").map_or_else(String::new, |(_, why)| why.to_owned());
            return Err(WantedError::Version { text: text.to_owned(), why });
        }
        Ok(match marks.first() {
            Some((path, revision)) => folder(path, Some(revision)),
            None => folder(text, None),
        })
    }
}

/// An address and what stands behind its last `@` that is not before `path`.
fn remote(text: &str, path: usize) -> Result<Wanted, WantedError> {
    let (url, reference) = match text[path..].rfind('@') {
        Some(at) => (&text[..path + at], Reference::parse(&text[path + at + 1..])),
        None => (text, Ok(Reference::head())),
    };
    let failed = |source| WantedError::Reference { url: without_password(url), source };
    Ok(Wanted::Remote { url: url.to_owned(), reference: reference.map_err(failed)? })
}

/// Without knowing what exists: the first `@` of a path stands before a revision.
impl FromStr for Wanted {
    type Err = WantedError;
    fn from_str(text: &str) -> Result<Self, WantedError> {
        Self::parse(text, |_| false)
    }
}

/// As it is typed, but for a password.
impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder { path, revision: None } | Self::Archive(path) => write!(f, "{}", path.display()),
            Self::Folder { path, revision: Some(revision) } => write!(f, "{}@{revision}", path.display()),
            Self::Remote { url, reference } => write!(f, "{}@{reference}", without_password(url)),
            Self::Version(version) => version.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(path: &str, revision: Option<&str>) -> Wanted {
        Wanted::Folder { path: path.into(), revision: revision.map(str::to_owned) }
    }

    fn remote(url: &str, reference: &str) -> Wanted {
        Wanted::Remote { url: url.into(), reference: Reference::parse(reference).unwrap() }
    }

    #[test]
    fn what_people_type() {
        let there = ["/a/s@ge", "my.tar.gz", "x@y.tar.gz", "."];
        let parse = |text: &str| Wanted::parse(text, |path| there.iter().any(|one| Path::new(one) == path)).unwrap();
        for (text, wanted) in [
            (".", folder(".", None)),
            (".@HEAD~3", folder(".", Some("HEAD~3"))),
            (".@HEAD:src", folder(".", Some("HEAD:src"))),
            ("@HEAD~3", folder(".", Some("HEAD~3"))),
            ("/src/sage@my-branch", folder("/src/sage", Some("my-branch"))),
            ("/src/sage@refs/pull/1/head", folder("/src/sage", Some("refs/pull/1/head"))),
            ("/src/with space", folder("/src/with space", None)),
            ("/a/s@ge", folder("/a/s@ge", None)),
            ("/a/s@ge@x@{1}", folder("/a/s@ge", Some("x@{1}"))),
            ("./11.0.beta4", folder("./11.0.beta4", None)),
            ("sage", folder("sage", None)),
            ("https://h/o/sage", remote("https://h/o/sage", "HEAD")),
            ("https://h/o/sage@refs/pull/42414/head", remote("https://h/o/sage", "refs/pull/42414/head")),
            ("https://u:p@h/o/sage", remote("https://u:p@h/o/sage", "HEAD")),
            ("https://u:p@h/o/sage@x", remote("https://u:p@h/o/sage", "x")),
            ("git@h:o/sage.git", remote("git@h:o/sage.git", "HEAD")),
            ("git@h:o/sage.git@x", remote("git@h:o/sage.git", "x")),
            ("ssh://git@h/o/sage@x", remote("ssh://git@h/o/sage", "x")),
            ("file:///a b/sage@x", remote("file:///a b/sage", "x")),
            ("11.0.beta4", Wanted::Version(ImageVersion::parse("11.0.beta4").unwrap())),
            ("my.tar.gz", Wanted::Archive("my.tar.gz".into())),
            ("x@y.tar.gz", Wanted::Archive("x@y.tar.gz".into())),
            ("/no/sage-10.9.tgz", Wanted::Archive("/no/sage-10.9.tgz".into())),
        ] {
            assert_eq!(parse(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_meant() {
        let error = |text: &str| text.parse::<Wanted>().unwrap_err();
        assert_eq!(error(""), WantedError::Empty);
        assert!(matches!(error("--upload-pack=x"), WantedError::Option { .. }));
        let text = error("11.0.beta").to_string();
        assert_eq!(text, "`11.0.beta` is no version: a number is missing");
        assert!(matches!(error("ext::sh -c x"), WantedError::Scheme { .. }));
        assert!(matches!(error("ftp://h/x"), WantedError::Scheme { .. }));
        assert!(matches!(error("https://h/x@--upload-pack=x"), WantedError::Reference { .. }));
        assert!(matches!(error("https://h/x@"), WantedError::Reference { .. }));
        let text = error("https://u:secret@h/x@a b").to_string();
        assert!(text.starts_with("https://h/x: ") && !text.contains("secret"), "{text}");
    }

    #[test]
    fn it_is_shown_without_its_password() {
        for text in [".", ".@HEAD~3", "11.0.beta4", "git@h:o/sage.git@x", "https://h/o/sage@x", "a.tar.gz"] {
            assert_eq!(text.parse::<Wanted>().unwrap().to_string(), text);
        }
        assert_eq!("https://u:p@h/s@x".parse::<Wanted>().unwrap().to_string(), "https://h/s@x");
    }
}
