use crate::{Check, CheckError, Expect, FileExpect, Matcher, RunOptions};
use sage_oci_names::ChannelName;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use toml::Spanned;

/// The version of the format this crate reads.
pub const FORMAT_VERSION: u32 = 1;
/// How long a check may take where it does not say.
const TIMEOUT_SECONDS: u64 = 120;

/// A list of checks with what differs between channels.
#[derive(Debug, Clone)]
pub struct Checks {
    checks: Vec<RawCheck>,
}

/// The checks of one channel, in the document's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// What to run.
    pub checks: Vec<Check>,
    /// What does not hold in this channel: name and reason.
    pub skipped: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: Spanned<u32>,
    #[serde(default)]
    check: Vec<Spanned<RawCheck>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCheck {
    name: String,
    command: Vec<String>,
    user: Option<String>,
    #[serde(default)]
    exit: i64,
    stdout: Option<Matcher>,
    file: Option<FileExpect>,
    timeout: Option<u64>,
    #[serde(default)]
    run: RunOptions,
    #[serde(default)]
    channel: BTreeMap<ChannelName, Difference>,
}

/// What differs in one channel.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Difference {
    command: Option<Vec<String>>,
    stdout: Option<Matcher>,
    exit: Option<i64>,
    timeout: Option<u64>,
    skip: Option<String>,
}

impl Checks {
    /// Reads a document. An unknown key, a name used twice or an empty name is an error that names the line.
    pub fn parse(text: &str) -> Result<Self, CheckError> {
        let document: Document = toml::from_str(text).map_err(|error| CheckError::Syntax {
            line: line_of(text, error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })?;
        let found = *document.version.get_ref();
        if found != FORMAT_VERSION {
            let line = line_of(text, document.version.span().start);
            return Err(CheckError::Version { line, found, known: FORMAT_VERSION });
        }
        let mut names = BTreeSet::new();
        for check in &document.check {
            let name = &check.get_ref().name;
            let broken = match () {
                () if name.is_empty() || name.chars().any(char::is_control) => Some("a name is one line of text"),
                () if !names.insert(name) => Some("the name is used twice"),
                () if check.get_ref().timeout == Some(0) => Some("a timeout is at least one second"),
                () => None,
            };
            if let Some(why) = broken {
                let line = line_of(text, check.span().start);
                return Err(CheckError::Rule { line, name: name.clone(), why: why.to_owned() });
            }
        }
        Ok(Self { checks: document.check.into_iter().map(Spanned::into_inner).collect() })
    }

    /// The checks of one channel, its differences applied.
    pub fn for_channel(&self, channel: &ChannelName) -> Selection {
        let mut selection = Selection { checks: Vec::new(), skipped: Vec::new() };
        for raw in &self.checks {
            let difference = raw.channel.get(channel).cloned().unwrap_or_default();
            match difference.skip {
                Some(reason) => selection.skipped.push((raw.name.clone(), reason)),
                None => selection.checks.push(raw.with(difference)),
            }
        }
        selection
    }
}

impl RawCheck {
    fn with(&self, difference: Difference) -> Check {
        let seconds = difference.timeout.or(self.timeout).unwrap_or(TIMEOUT_SECONDS);
        Check {
            name: self.name.clone(),
            command: difference.command.unwrap_or_else(|| self.command.clone()),
            user: self.user.clone(),
            expect: Expect {
                exit: difference.exit.unwrap_or(self.exit),
                stdout: difference.stdout.or_else(|| self.stdout.clone()),
                file: self.file.clone(),
            },
            timeout: Duration::from_secs(seconds),
            options: self.run.clone(),
        }
    }
}

/// The line a byte lies in, counted from 1.
fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"version = 1

[[check]]
name = "sum"
command = ["sage", "-c", "print(1+1)"]
stdout = { exact = "2" }

[check.channel.bookworm]
timeout = 7

[[check]]
name = "plot"
command = []
file = { path = "/tmp/p", magic = [0x89, 0x50], min_bytes = 10 }
run = { read_only = true }
channel.bookworm.skip = "too old"
"#;

    fn channel(name: &str) -> ChannelName {
        ChannelName::parse(name).unwrap()
    }

    #[test]
    fn channels_differ() {
        let checks = Checks::parse(TWO).unwrap();
        let sid = checks.for_channel(&channel("sid"));
        assert_eq!((sid.checks.len(), sid.skipped.len()), (2, 0));
        assert_eq!(sid.checks[0].timeout, Duration::from_secs(TIMEOUT_SECONDS));
        assert_eq!(sid.checks[1].expect.file.as_ref().unwrap().magic, [0x89, 0x50]);
        assert!(sid.checks[1].options.read_only);
        let bookworm = checks.for_channel(&channel("bookworm"));
        assert_eq!(bookworm.checks[0].timeout, Duration::from_secs(7));
        assert_eq!(bookworm.skipped, [("plot".to_owned(), "too old".to_owned())]);
    }

    #[test]
    fn errors_name_the_line() {
        let line = |text: &str| match Checks::parse(text).unwrap_err() {
            CheckError::Syntax { line, .. } | CheckError::Version { line, .. } | CheckError::Rule { line, .. } => line,
        };
        assert_eq!(line(&TWO.replace("timeout", "time_out")), 9);
        assert_eq!(line(&TWO.replace("version = 1", "version = 2")), 1);
        assert_eq!(line(&TWO.replace("\"plot\"", "\"sum\"")), 11);
        assert_eq!(line(&TWO.replace("exact", "regex")), 6);
        assert_eq!(line("version = 1\n[[check]\n"), 2);
    }

    #[test]
    fn the_checks_of_sagemath_are_sound() {
        let text = include_str!("../../../../nix/images/checks/sagemath.toml");
        let checks = Checks::parse(text).unwrap();
        for name in ["sid", "bookworm"] {
            let selection = checks.for_channel(&channel(name));
            assert!(selection.checks.len() > 30, "{name} has {} checks", selection.checks.len());
        }
    }
}
