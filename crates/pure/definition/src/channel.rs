use crate::{DefinitionError, Located};
use sage_oci_names::ChannelName;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The format of channel and image definitions.
pub(crate) const FORMAT: u64 = 1;

/// A Debian suite (or several) with its mirrors and keys.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Channel {
    format: u64,
    /// Its name; also the lock's file name.
    pub name: ChannelName,
    /// One line for people.
    pub description: String,
    /// Mirror roots, tried in order.
    pub mirrors: Vec<String>,
    /// The snapshot service's root: `lock` adds the index's own timestamp and keeps the result as the last mirror.
    pub snapshot: Option<String>,
    /// Names of the keys (files below `nix/keys`, without `.asc`) whose signature is believed.
    pub keys: Vec<String>,
    /// The suites, the first one naming the epoch.
    pub suites: Vec<Suite>,
}

/// The lists that must not be empty, with their places.
#[derive(Deserialize)]
struct Lists {
    mirrors: toml::Spanned<Vec<IgnoredAny>>,
    keys: toml::Spanned<Vec<IgnoredAny>>,
    suites: toml::Spanned<Vec<IgnoredAny>>,
}

/// One suite of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Its name below `dists/`.
    pub suite: String,
    /// Its components, as `main`.
    pub components: Vec<String>,
}

impl Channel {
    /// Parses a channel definition; `file` is its name in errors.
    ///
    /// # Errors
    /// [`DefinitionError`] with the line of what is wrong.
    pub fn parse(file: &str, text: &str) -> Result<Self, DefinitionError> {
        let channel: Self = toml::from_str(text).map_err(|error| DefinitionError::from_toml(file, text, &error))?;
        if channel.format > FORMAT {
            return Err(DefinitionError::Newer { file: file.to_owned(), found: channel.format, known: FORMAT });
        }
        let lists: Lists = toml::from_str(text).map_err(|error| DefinitionError::from_toml(file, text, &error))?;
        for (list, what) in [(lists.mirrors, "mirrors"), (lists.keys, "keys"), (lists.suites, "suites")] {
            let list = Located::new(file, text, list);
            if list.value.is_empty() {
                return Err(DefinitionError::at(file, list.line, format!("`{what}` must not be empty")));
            }
        }
        Ok(channel)
    }

    /// The text of `/etc/apt/sources.list.d/debian.sources`, so that apt in the container goes on from the same suites.
    pub fn apt_sources(&self) -> String {
        self.suites
            .iter()
            .map(|suite| {
                format!(
                    "Types: deb\nURIs: {}\nSuites: {}\nComponents: {}\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
                    self.mirrors.join(" "),
                    suite.suite,
                    suite.components.join(" ")
                )
            })
            .collect::<Vec<_>>()
            .join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "format = 1\nname = \"sid\"\ndescription = \"x\"\nmirrors = [\"http://m/debian\"]\nkeys = [\"k\"]\nsuites = [{ suite = \"sid\", components = [\"main\"] }]\n";

    #[test]
    fn sources_name_the_suite() {
        let channel = Channel::parse("sid.toml", GOOD).unwrap();
        assert!(channel.apt_sources().contains("Suites: sid\nComponents: main\n"));
    }

    #[test]
    fn an_unknown_key_names_its_line() {
        let error = Channel::parse("sid.toml", &format!("{GOOD}mirors = 1\n")).unwrap_err().to_string();
        assert!(error.starts_with("sid.toml:7:") && error.contains("mirors"), "{error}");
    }

    #[test]
    fn a_newer_format_is_refused() {
        let error = Channel::parse("sid.toml", &GOOD.replace("format = 1", "format = 9")).unwrap_err();
        assert!(matches!(error, DefinitionError::Newer { found: 9, .. }));
    }
}
