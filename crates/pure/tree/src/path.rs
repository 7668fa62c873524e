use crate::PathError;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;

/// A path of an image, from its root: `usr/bin/x`.
///
/// By construction it has no leading or trailing slash, no empty, `.` or `..` component and no NUL character, so it never
/// leads out of the root by its text. What the links on its way do is for [`Tree::resolve`](crate::Tree::resolve). The root itself is a
/// path, too: the empty text. It comes from [`ImagePath::root`], and from texts such as `./` and `/`, never from an empty one.
///
/// Paths order by their bytes, as texts do: `a`, `a-b`, `a/b`. Its serde form is the text; the root has none that is read again.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImagePath(String);

impl ImagePath {
    /// The root.
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// A text that is in the normal form already, and not the root: `usr/bin/x`.
    ///
    /// # Errors
    /// Any [`PathError`] but [`PathError::Slash`].
    pub fn parse(text: &str) -> Result<Self, PathError> {
        check_ends(text)?;
        if text.starts_with('/') {
            return Err(PathError::Absolute);
        }
        text.split('/').try_for_each(check_name)?;
        Ok(Self(text.to_owned()))
    }

    /// A text as archives have it, relative: `./usr//bin/` is `usr/bin`, `./` the root.
    ///
    /// # Errors
    /// It is empty or absolute, or has a `..` component or a NUL character.
    pub fn relative(text: &str) -> Result<Self, PathError> {
        if text.starts_with('/') {
            return Err(PathError::Absolute);
        }
        Self::anchored(text)
    }

    /// A text that means the same with and without slashes before it, as people, scripts and some programs that write layers
    /// have it: `/usr/bin/`, `usr/bin` and `./usr/bin` are `usr/bin`, `/` is the root.
    ///
    /// # Errors
    /// It is empty, or has a `..` component or a NUL character.
    pub fn anchored(text: &str) -> Result<Self, PathError> {
        check_ends(text)?;
        let mut path = String::with_capacity(text.len());
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => return Err(PathError::Parent),
                _ => push(&mut path, part),
            }
        }
        Ok(Self(path))
    }

    /// The text of a link's target, seen from the link, by its text alone: `..` takes away the name before it, an absolute one begins
    /// at the root. `None` where it leads above the root, or has a NUL character.
    pub fn target(&self, text: &str) -> Option<Self> {
        let mut parts: Vec<&str> = match text.starts_with('/') {
            true => Vec::new(),
            false => self.components().take(self.depth().saturating_sub(1)).collect(),
        };
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => _ = parts.pop()?,
                _ if part.contains('\0') => return None,
                _ => parts.push(part),
            }
        }
        Some(Self(parts.join("/")))
    }

    /// The text; empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text with a slash before it: `/usr/bin`; `/` for the root.
    pub fn absolute(&self) -> String {
        format!("/{}", self.0)
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last component; empty for the root.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The directory it lies in; none for the root.
    pub fn parent(&self) -> Option<Self> {
        match self.0.rsplit_once('/') {
            Some((parent, _)) => Some(Self(parent.to_owned())),
            None if self.is_root() => None,
            None => Some(Self::root()),
        }
    }

    /// The directories above it, outermost first, without the root: `a`, `a/b` for `a/b/c`.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> {
        self.0.match_indices('/').map(|(at, _)| Self(self.0[..at].to_owned()))
    }

    /// The names it is made of; none for the root.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }

    /// The number of its components.
    pub fn depth(&self) -> usize {
        self.components().count()
    }

    /// The path of a name in this directory.
    ///
    /// # Errors
    /// The text is no single name.
    pub fn child(&self, name: &str) -> Result<Self, PathError> {
        if name.contains('/') {
            return Err(PathError::Slash);
        }
        check_ends(name)?;
        check_name(name)?;
        Ok(self.with(name))
    }

    /// The path of `below`, seen from this directory.
    #[must_use]
    pub fn join(&self, below: &Self) -> Self {
        if below.is_root() { self.clone() } else { self.with(&below.0) }
    }

    /// What is left behind a directory, by whole names; the root where both are the same.
    pub fn strip_prefix(&self, directory: &Self) -> Option<Self> {
        if directory.is_root() {
            return Some(self.clone());
        }
        let rest = self.0.strip_prefix(&directory.0)?;
        if rest.is_empty() { Some(Self::root()) } else { Some(Self(rest.strip_prefix('/')?.to_owned())) }
    }

    /// Whether it is this path or lies below it.
    pub fn is_within(&self, directory: &Self) -> bool {
        self.strip_prefix(directory).is_some()
    }

    /// The path with something behind it that is known to be normal.
    pub(crate) fn with(&self, rest: &str) -> Self {
        let mut path = self.0.clone();
        push(&mut path, rest);
        Self(path)
    }
}

fn push(path: &mut String, part: &str) {
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(part);
}

fn check_ends(text: &str) -> Result<(), PathError> {
    match text {
        "" => Err(PathError::Empty),
        _ if text.contains('\0') => Err(PathError::Nul),
        _ => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), PathError> {
    match name {
        "" => Err(PathError::EmptyComponent),
        "." => Err(PathError::Dot),
        ".." => Err(PathError::Parent),
        _ => Ok(()),
    }
}

impl std::fmt::Display for ImagePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for ImagePath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl AsRef<std::path::Path> for ImagePath {
    fn as_ref(&self) -> &std::path::Path {
        self.0.as_ref()
    }
}

/// It orders, compares and hashes as its text.
impl Borrow<str> for ImagePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for ImagePath {
    fn eq(&self, text: &str) -> bool {
        self.0 == text
    }
}

impl PartialEq<&str> for ImagePath {
    fn eq(&self, text: &&str) -> bool {
        self.0 == *text
    }
}

impl std::str::FromStr for ImagePath {
    type Err = PathError;
    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ImagePath {
    type Error = PathError;
    fn try_from(text: String) -> Result<Self, PathError> {
        Self::parse(&text)
    }
}

impl From<ImagePath> for String {
    fn from(path: ImagePath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_have_paths_that_are_made_normal() {
        for (text, normal) in
            [("./", ""), (".", ""), ("./usr/", "usr"), ("usr//bin/./x", "usr/bin/x"), ("..a/b..", "..a/b..")]
        {
            assert_eq!(ImagePath::relative(text).unwrap(), normal);
        }
        for (text, why) in [
            ("", PathError::Empty),
            ("/", PathError::Absolute),
            ("/etc", PathError::Absolute),
            ("..", PathError::Parent),
            ("./../x", PathError::Parent),
            ("a/..", PathError::Parent),
            ("a/../b", PathError::Parent),
            ("a\0b", PathError::Nul),
        ] {
            assert_eq!(ImagePath::relative(text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn a_slash_before_an_anchored_one_says_nothing() {
        for (text, normal) in [("/", ""), ("//", ""), ("/usr/bin/", "usr/bin"), ("././/a", "a"), ("a", "a"), (".", "")]
        {
            assert_eq!(ImagePath::anchored(text).unwrap(), normal);
        }
        for text in ["", "/..", "/a/../b", "/a\0"] {
            assert!(ImagePath::anchored(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_parsed_must_be_normal_already() {
        for good in ["a", "usr/bin/x", "usr/share/été", "a/..b", "a b/c\nd", ".a", "..."] {
            assert_eq!(ImagePath::parse(good).unwrap(), good);
        }
        for (text, why) in [
            ("", PathError::Empty),
            ("/a", PathError::Absolute),
            ("a/", PathError::EmptyComponent),
            ("a//b", PathError::EmptyComponent),
            ("./a", PathError::Dot),
            ("a/../b", PathError::Parent),
            ("a\0b", PathError::Nul),
        ] {
            assert_eq!(ImagePath::parse(text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn targets_are_seen_from_their_link() {
        let link = ImagePath::parse("usr/lib/l").unwrap();
        for (text, path) in [("x", "usr/lib/x"), ("../bin/./x", "usr/bin/x"), ("/etc//x", "etc/x"), ("../..", "")] {
            assert_eq!(link.target(text).unwrap(), path, "{text}");
        }
        for text in ["../../..", "/..", "../../../etc/passwd", "a\0"] {
            assert_eq!(link.target(text), None, "{text:?}");
        }
        assert_eq!(ImagePath::root().target("x").unwrap(), "x");
    }

    #[test]
    fn whole_names_count() {
        let path = |text| ImagePath::parse(text).unwrap();
        assert_eq!(path("a/b").strip_prefix(&path("a")), Some(path("b")));
        assert_eq!(path("ab").strip_prefix(&path("a")), None);
        assert_eq!(path("a").strip_prefix(&path("a")), Some(ImagePath::root()));
        assert!(path("a").is_within(&ImagePath::root()) && !ImagePath::root().is_within(&path("a")));
        assert_eq!(path("a").child("b"), Ok(path("a/b")));
        for name in ["", ".", "..", "b/c", "/b", "b\0"] {
            assert!(path("a").child(name).is_err(), "{name:?}");
        }
    }
}
