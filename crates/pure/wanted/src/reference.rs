use std::fmt;

/// A name by which a repository elsewhere can be asked for a commit: a branch, a tag, `refs/…`, or a commit's whole hash.
///
/// What it holds can be nothing else in a refspec, and no option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(String);

/// A text that no repository can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[error("`{text}` is no branch, tag, `refs/…` or whole hash of a commit: {why}")]
#[hint("such a repository is asked for one name; for a revision like `HEAD~3` clone it and name the folder")]
pub struct BadReference {
    /// The text.
    pub text: String,
    /// The rule that it breaks.
    pub why: &'static str,
}

impl Reference {
    /// Parses a reference, by the rules of git-check-ref-format(1).
    ///
    /// # Errors
    /// [`BadReference`] with the rule that is broken.
    pub fn parse(text: &str) -> Result<Self, BadReference> {
        let why = if text.is_empty() {
            "it is empty"
        } else if text.starts_with('-') {
            "it begins with a hyphen, as an option does"
        } else if text.starts_with('+') {
            "it begins with `+`"
        } else if text.contains(|c: char| c.is_control() || " ~^:?*[\\".contains(c)) {
            "it has a space, a control character, or one of `~^:?*[\\`"
        } else if text.contains("..") || text.contains("@{") || text.contains("//") || text == "@" {
            "it has `..`, `//` or `@{`, or is `@`"
        } else if text.ends_with(['/', '.']) || text.starts_with('/') {
            "it begins or ends with a slash, or ends with a dot"
        } else if text.split('/').any(|part| part.starts_with('.') || part.ends_with(".lock")) {
            "a part of it begins with a dot or ends with `.lock`"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(BadReference { text: text.to_owned(), why })
    }

    /// What a repository has checked out.
    pub fn head() -> Self {
        Self("HEAD".to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the whole hash of a commit, in lower case.
    pub fn is_hash(&self) -> bool {
        self.0.len() == 40 && self.0.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// What people would call it: a branch by its name, a pull or merge request by its number, nothing for `HEAD`, a tag or a hash.
    pub fn branch(&self) -> Option<String> {
        if self.is_hash() || self.0 == "HEAD" {
            return None;
        }
        let Some(rest) = self.0.strip_prefix("refs/") else { return Some(self.0.clone()) };
        let parts: Vec<&str> = rest.split('/').collect();
        match parts.as_slice() {
            ["tags", ..] => None,
            ["heads", name @ ..] | ["remotes", _, name @ ..] if !name.is_empty() => Some(name.join("/")),
            ["pull", number, "head" | "merge"] => Some(format!("pull-{number}")),
            ["merge-requests", number, "head" | "merge"] => Some(format!("merge-request-{number}")),
            _ => Some(rest.to_owned()),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_asked_for() {
        for good in ["main", "refs/pull/42414/head", "10.9.beta4", "u/me/36363", &"a".repeat(40), "a@b", "HEAD"] {
            assert_eq!(Reference::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "--upload-pack=x",
            "-x",
            "+main",
            "a:b",
            "HEAD~3",
            "HEAD^",
            "a b",
            "a..b",
            "@{u}",
            "@",
            "a*",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a\nb",
            "a.",
            "a?",
            "a[b",
            "a\\b",
        ] {
            assert!(Reference::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_people_call_it() {
        for (text, name) in [
            ("main", Some("main")),
            ("refs/heads/u/me/x", Some("u/me/x")),
            ("refs/remotes/origin/x", Some("x")),
            ("refs/pull/42414/head", Some("pull-42414")),
            ("refs/merge-requests/7/head", Some("merge-request-7")),
            ("refs/tags/10.9", None),
            ("refs/x/y", Some("x/y")),
            ("HEAD", None),
            ("0123456789012345678901234567890123456789", None),
        ] {
            assert_eq!(Reference::parse(text).unwrap().branch().as_deref(), name, "{text}");
        }
    }
}
