use crate::{DefinitionError, Located};
use sage_oci_names::ChannelName;
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::Spanned;

/// The newest format of channel definitions: since 2, suites may have mirrors and keys of their own.
const FORMAT: u64 = 2;

/// One or several Debian suites that images take their packages from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its name; also the lock's file name.
    pub name: ChannelName,
    /// One line for people.
    pub description: String,
    /// The suites, at least one; no two have the same name.
    pub suites: Vec<Suite>,
}

/// One suite of a channel, with what it has of its own or takes from the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// Its name below `dists/`.
    pub suite: String,
    /// Its components, as `main`; at least one.
    pub components: Vec<String>,
    /// Mirror roots, tried in order; at least one.
    pub mirrors: Vec<String>,
    /// The snapshot service's root for this archive: `lock` adds the index's own time and tries the result last.
    pub snapshot: Option<String>,
    /// Names of the keys (files below `nix/keys`, without `.asc`) of which one must have signed it; at least one.
    pub keys: Vec<Located<String>>,
    /// Its updates mend security holes.
    pub security: bool,
}

/// The one key that every format has.
#[derive(Deserialize)]
struct Version {
    format: u64,
}

type List = Spanned<Vec<Spanned<String>>>;

/// A channel as people write it: `mirrors`, `snapshot` and `keys` are those of every suite that has none of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u64,
    name: ChannelName,
    description: String,
    mirrors: Option<List>,
    snapshot: Option<String>,
    keys: Option<List>,
    suites: Spanned<Vec<Spanned<WrittenSuite>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSuite {
    suite: Spanned<String>,
    components: List,
    mirrors: Option<List>,
    snapshot: Option<Spanned<String>>,
    keys: Option<List>,
    security: Option<bool>,
}

impl Channel {
    /// Parses a channel definition; `file` is its name in errors.
    ///
    /// # Errors
    /// [`DefinitionError`] with the line of what is wrong.
    pub fn parse(file: &str, text: &str) -> Result<Self, DefinitionError> {
        let from_toml = |error| DefinitionError::from_toml(file, text, &error);
        // The format first: a newer one may have other keys.
        let Version { format } = toml::from_str(text).map_err(from_toml)?;
        if format > FORMAT {
            return Err(DefinitionError::Newer { file: file.to_owned(), found: format, known: FORMAT });
        }
        let written: Written = toml::from_str(text).map_err(from_toml)?;
        Reader { file, text }.channel(written)
    }

    /// The text of `/etc/apt/sources.list.d/debian.sources`, so that apt in the container goes on from the same suites.
    pub fn apt_sources(&self) -> String {
        self.suites
            .iter()
            .map(|suite| {
                format!(
                    "Types: deb\nURIs: {}\nSuites: {}\nComponents: {}\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
                    suite.mirrors.join(" "),
                    suite.suite,
                    suite.components.join(" ")
                )
            })
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// A file in which places have lines.
struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn channel(&self, written: Written) -> Result<Channel, DefinitionError> {
        let Written { format, name, description, mirrors, snapshot, keys, suites } = written;
        let of_all = Inherited {
            format,
            mirrors: mirrors.map(|list| self.list("mirrors", list)).transpose()?,
            snapshot,
            keys: keys.map(|list| self.list("keys", list)).transpose()?,
        };
        let suites = self.located(suites);
        if suites.value.is_empty() {
            return Err(self.error(suites.line, "`suites` must not be empty"));
        }
        let suites = suites.value.into_iter().map(|suite| self.suite(suite, &of_all)).collect::<Result<Vec<_>, _>>()?;
        let mut names = BTreeSet::new();
        for (suite, line) in &suites {
            if !names.insert(&suite.suite) {
                return Err(self.error(*line, format!("the suite `{}` is there twice", suite.suite)));
            }
        }
        Ok(Channel { name, description, suites: suites.into_iter().map(|(suite, _)| suite).collect() })
    }

    /// A suite, and the line that names it.
    fn suite(&self, written: Spanned<WrittenSuite>, of_all: &Inherited) -> Result<(Suite, usize), DefinitionError> {
        let WrittenSuite { suite, components, mirrors, snapshot, keys, security } = written.into_inner();
        let suite = self.located(suite);
        let line = suite.line;
        if !is_suite(&suite.value) {
            return Err(self.error(line, format!("`{}` is no name of a suite", suite.value)));
        }
        let of_its_own = mirrors.is_some() || snapshot.is_some() || keys.is_some() || security.is_some();
        if of_all.format < 2 && of_its_own {
            return Err(self.error(line, "a suite with `mirrors`, `snapshot`, `keys` or `security` needs `format = 2`"));
        }
        let lacks = |what| self.error(line, format!("suite `{}` has no `{what}`, nor has the channel", suite.value));
        let values = |list: &[Located<String>]| list.iter().map(|one| one.value.clone()).collect::<Vec<_>>();
        let components = values(&self.list("components", components)?);
        // Another archive has another snapshot: that of the channel goes with the channel's mirrors.
        let (mirrors, snapshot) = match (mirrors, snapshot) {
            (Some(mirrors), snapshot) => (self.list("mirrors", mirrors)?, snapshot.map(Spanned::into_inner)),
            (None, Some(snapshot)) => {
                return Err(self.error(self.located(snapshot).line, "`snapshot` of a suite wants `mirrors` beside it"));
            }
            (None, None) => (of_all.mirrors.clone().ok_or_else(|| lacks("mirrors"))?, of_all.snapshot.clone()),
        };
        let keys = match keys {
            Some(keys) => self.list("keys", keys)?,
            None => of_all.keys.clone().ok_or_else(|| lacks("keys"))?,
        };
        let mirrors = values(&mirrors);
        let security = security.unwrap_or(false);
        Ok((Suite { suite: suite.value, components, mirrors, snapshot, keys, security }, line))
    }

    fn list(&self, what: &str, list: List) -> Result<Vec<Located<String>>, DefinitionError> {
        let list = self.located(list);
        if list.value.is_empty() {
            return Err(self.error(list.line, format!("`{what}` must not be empty")));
        }
        Ok(list.value.into_iter().map(|one| self.located(one)).collect())
    }

    fn located<T>(&self, spanned: Spanned<T>) -> Located<T> {
        Located::new(self.file, self.text, spanned)
    }

    fn error(&self, line: usize, message: impl Into<String>) -> DefinitionError {
        DefinitionError::at(self.file, line, message)
    }
}

/// What suites take from their channel.
struct Inherited {
    format: u64,
    mirrors: Option<Vec<Located<String>>>,
    snapshot: Option<String>,
    keys: Option<Vec<Located<String>>>,
}

/// Whether a text can be put behind `dists/` and stays there.
fn is_suite(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-+._~".contains(&byte);
    text.split('/').all(|part| !matches!(part, "" | "." | "..") && part.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "format = 1\nname = \"sid\"\ndescription = \"x\"\nmirrors = [\"http://m/debian\"]\nsnapshot = \"http://s/debian\"\nkeys = [\"k\"]\nsuites = [{ suite = \"sid\", components = [\"main\"] }]\n";

    const SEVERAL: &str = r#"format = 2
name = "stable"
description = "x"
mirrors = ["http://m/debian"]
snapshot = "http://s/debian"
keys = ["k"]

[[suites]]
suite = "stable"
components = ["main"]

[[suites]]
suite = "stable-security"
components = ["main", "contrib"]
mirrors = ["http://m/security", "http://n/security"]
keys = ["ks"]
security = true
"#;

    fn error(text: &str) -> String {
        Channel::parse("c.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn suites_take_from_the_channel_what_they_do_not_say() {
        let channel = Channel::parse("c.toml", SEVERAL).unwrap();
        let [stable, security] = &channel.suites[..] else { panic!("{channel:?}") };
        assert_eq!(
            (&stable.mirrors[..], stable.snapshot.as_deref()),
            (&["http://m/debian".to_owned()][..], Some("http://s/debian"))
        );
        assert_eq!((stable.keys[0].value.as_str(), stable.keys[0].line, stable.security), ("k", 6, false));
        assert_eq!((security.mirrors.len(), &security.snapshot), (2, &None), "that of another archive");
        assert_eq!((security.keys[0].value.as_str(), security.keys[0].line, security.security), ("ks", 16, true));
        let sources = "Types: deb\nURIs: http://m/debian\nSuites: stable\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\
                       \nTypes: deb\nURIs: http://m/security http://n/security\nSuites: stable-security\nComponents: main contrib\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n";
        assert_eq!(channel.apt_sources(), sources);
        assert!(Channel::parse("sid.toml", GOOD).unwrap().apt_sources().contains("Suites: sid\nComponents: main\n"));
    }

    #[test]
    fn errors_name_their_lines() {
        let all = |from: &str, to: &str| error(&SEVERAL.replacen(from, to, 1));
        assert_eq!(all("stable-security", "stable"), "c.toml:13: the suite `stable` is there twice");
        assert_eq!(
            all("[\"http://m/security\", \"http://n/security\"]", "[]"),
            "c.toml:15: `mirrors` must not be empty"
        );
        assert_eq!(all("[\"ks\"]", "[]"), "c.toml:16: `keys` must not be empty");
        assert_eq!(all("[\"k\"]", "[]"), "c.toml:6: `keys` must not be empty");
        assert_eq!(all("[\"main\"]", "[]"), "c.toml:10: `components` must not be empty");
        assert_eq!(
            all("mirrors = [\"http://m/debian\"]\n", ""),
            "c.toml:8: suite `stable` has no `mirrors`, nor has the channel"
        );
        assert_eq!(all("keys = [\"k\"]\n", ""), "c.toml:8: suite `stable` has no `keys`, nor has the channel");
        assert_eq!(
            all("mirrors = [\"http://m/security\", \"http://n/security\"]", "snapshot = \"http://s/security\""),
            "c.toml:15: `snapshot` of a suite wants `mirrors` beside it"
        );
        assert_eq!(all("\"stable-security\"", "\"../evil\""), "c.toml:13: `../evil` is no name of a suite");
        assert_eq!(
            all("format = 2", "format = 1"),
            "c.toml:13: a suite with `mirrors`, `snapshot`, `keys` or `security` needs `format = 2`"
        );
        let none = &SEVERAL[..SEVERAL.find("\n[[").unwrap()];
        assert_eq!(error(&format!("{none}suites = []\n")), "c.toml:7: `suites` must not be empty");
        let unknown = all("security = true", "securety = true");
        assert!(unknown.starts_with("c.toml:17: ") && unknown.contains("securety"), "{unknown}");
        let unknown = error(&format!("{GOOD}mirors = 1\n"));
        assert!(unknown.starts_with("c.toml:8: ") && unknown.contains("mirors"), "{unknown}");
    }

    #[test]
    fn a_newer_format_is_refused_even_with_unknown_keys() {
        let error = Channel::parse("sid.toml", &GOOD.replace("format = 1", "format = 9\nmoons = 2")).unwrap_err();
        assert!(matches!(error, DefinitionError::Newer { found: 9, known: 2, .. }), "{error}");
    }
}
