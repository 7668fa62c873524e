use serde::{Deserialize, Serialize};

/// Where the repository of a definition is, as `https://github.com/sagemath/sage-oci`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Repository(String);

impl Repository {
    /// Its address, as people open it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The flake in it, as Nix refers to one (Nix manual, "Flake references"): `github:OWNER/NAME` where Nix has a short form.
    pub fn flake(&self) -> String {
        let short = [("https://github.com/", "github"), ("https://gitlab.com/", "gitlab")];
        let parts = |path: &str| path.split('/').count() == 2;
        let found = short.into_iter().find_map(|(host, kind)| {
            let path = self.0.strip_prefix(host)?;
            // Groups within groups have no short form.
            parts(path).then(|| format!("{kind}:{path}"))
        });
        found.unwrap_or_else(|| format!("git+{}", self.0))
    }
}

impl TryFrom<String> for Repository {
    type Error = String;

    /// An address that browsers and git take, in one form only: it is in the bytes of images.
    fn try_from(text: String) -> Result<Self, String> {
        let path = text.strip_prefix("https://").unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte);
        let whole = path.split('/').count() > 1 && path.split('/').all(|part| !part.is_empty() && part != "..");
        if !whole || !path.bytes().all(plain) || text.ends_with(".git") {
            return Err(format!(
                "`{text}` must be as https://github.com/OWNER/NAME, without `.git` and a slash at the end"
            ));
        }
        Ok(Self(text))
    }
}

impl From<Repository> for String {
    fn from(repository: Repository) -> Self {
        repository.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(text: &str) -> Result<Repository, String> {
        Repository::try_from(text.to_owned())
    }

    #[test]
    fn flakes_of_repositories() {
        for (address, flake) in [
            ("https://github.com/sagemath/sage-oci", "github:sagemath/sage-oci"),
            ("https://gitlab.com/a/b", "gitlab:a/b"),
            ("https://gitlab.com/a/b/c", "git+https://gitlab.com/a/b/c"),
            ("https://codeberg.org/a/b", "git+https://codeberg.org/a/b"),
        ] {
            assert_eq!(repository(address).unwrap().flake(), flake);
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for bad in [
            "",
            "sagemath/sage-oci",
            "http://github.com/a/b",
            "https://github.com",
            "https://github.com/",
            "https://github.com/a/b/",
            "https://github.com/a/b.git",
            "https://github.com/a/b#c",
            "https://github.com/a/b?ref=c",
            "https://me@github.com/a/b",
            "https://github.com/a/../b",
            "https://github.com/a b",
        ] {
            assert!(repository(bad).is_err(), "{bad}");
        }
    }
}
