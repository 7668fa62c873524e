use crate::{DoctestError, FileName};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The version of the list's format.
pub const FORMAT_VERSION: u32 = 1;

/// What a failure is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A test, by its function and the first line of its example.
    Test { file: FileName, function: String, example: String },
    /// A file that is not tested to its end.
    Trouble { file: FileName, trouble: String },
}

impl Key {
    /// A test by its function and its example's first line. The remark behind that says when the test is run and how exact it is;
    /// upstream changes it without changing the test.
    pub fn test(file: FileName, function: String, first_line: &str) -> Self {
        let example = first_line.split_once("  #").map_or(first_line, |(example, _)| example).trim().to_owned();
        Self::Test { file, function, example }
    }

    /// The file.
    pub fn file(&self) -> &FileName {
        match self {
            Self::Test { file, .. } | Self::Trouble { file, .. } => file,
        }
    }

    /// The test for people, within its file.
    pub fn said(&self) -> String {
        match self {
            Self::Test { function, example, .. } => format!("{function}: {example}"),
            Self::Trouble { trouble, .. } => trouble.clone(),
        }
    }
}

/// How often a failure is expected, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub count: u32,
    pub reason: String,
    /// Whether it is to be told where it does not happen.
    pub always: bool,
}

/// The reviewed list of a release's own failures, each with its cause.
///
/// ```toml
/// version = 1
///
/// [[cause]]
/// reason = "Maxima 5.50 gives `und`"
/// sometimes = true   # nothing to tell where it does not happen; false where nothing is said
/// failures = [
///   { file = "sage/calculus/wester.py", function = "sage.calculus.wester", example = "sum(n, 0, oo)" },   # count = 1
///   { file = "sage/misc/slow.py", trouble = "Timed out" },
/// ]
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known(BTreeMap<Key, Expected>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: Spanned<u32>,
    #[serde(default)]
    cause: Vec<Spanned<Cause>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cause {
    reason: String,
    #[serde(default)]
    sometimes: bool,
    failures: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    function: Option<String>,
    example: Option<String>,
    trouble: Option<String>,
    #[serde(default = "once")]
    count: u32,
}

fn once() -> u32 {
    1
}

impl Known {
    /// Reads a list.
    ///
    /// # Errors
    /// An unknown key, a cause without a reason or failures, an entry that no failure could have or that stands twice: each names the line.
    pub fn parse(text: &str) -> Result<Self, DoctestError> {
        let document: Document = toml::from_str(text).map_err(|error| DoctestError::Syntax {
            line: line_of(text, error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })?;
        let found = *document.version.get_ref();
        if found != FORMAT_VERSION {
            let line = line_of(text, document.version.span().start);
            return Err(DoctestError::Version { line, found, known: FORMAT_VERSION });
        }
        let mut all = BTreeMap::new();
        for cause in document.cause {
            let at = cause.span().start;
            let cause = cause.into_inner();
            let rule = |at, why| Err(DoctestError::Rule { line: line_of(text, at), why });
            if cause.reason.trim().is_empty() {
                return rule(at, "a cause needs a reason");
            }
            if cause.failures.is_empty() {
                return rule(at, "a cause names at least one failure");
            }
            for entry in cause.failures {
                let at = entry.span().start;
                let (key, count) = match entry.into_inner().key() {
                    Ok(parts) => parts,
                    Err(why) => return rule(at, why),
                };
                let reason = cause.reason.trim().to_owned();
                let expected = Expected { count, reason, always: !cause.sometimes };
                if all.insert(key, expected).is_some() {
                    return rule(at, "the failure is in the list already; `count` says how often it occurs");
                }
            }
        }
        Ok(Self(all))
    }

    /// How many failures it expects.
    pub fn count(&self) -> u64 {
        self.0.values().map(|expected| u64::from(expected.count)).sum()
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Expected> {
        self.0.get(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Key, &Expected)> {
        self.0.iter()
    }
}

impl Entry {
    fn key(self) -> Result<(Key, u32), &'static str> {
        let file =
            FileName::parse(&self.file).map_err(|_| "`file` is a path below Sage's source, as `sage/arith/misc.py`")?;
        if self.count == 0 {
            return Err("`count` is at least 1");
        }
        let key = match (self.function, self.example, self.trouble) {
            (Some(function), Some(example), None) => {
                if example.is_empty() || example != example.trim() || example.contains('\n') {
                    return Err("`example` is the first line of the example, without prompt and spaces around it");
                }
                Key::test(file, function, &example)
            }
            (None, None, Some(trouble)) if self.count == 1 => Key::Trouble { file, trouble },
            (None, None, Some(_)) => return Err("a file has its trouble once"),
            _ => return Err("an entry has `function` and `example`, or `trouble`"),
        };
        Ok((key, self.count))
    }
}

/// The line of a place in a text, counted from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"version = 1

[[cause]]
reason = "another Maxima"
failures = [
  { file = "sage/a.py", function = "sage.a.f", example = "1 + 1", count = 2 },
  { file = "src/sage/b.pyx", trouble = "Timed out" },
]
"#;

    #[test]
    fn a_list_counts_its_failures() {
        let known = Known::parse(LIST).unwrap();
        assert_eq!(known.count(), 3);
        let reasons: Vec<_> =
            known.iter().map(|(key, expected)| (key.file().as_str(), expected.reason.as_str())).collect();
        assert_eq!(reasons, [("sage/a.py", "another Maxima"), ("sage/b.pyx", "another Maxima")]);
        assert_eq!(Known::parse("version = 1\n").unwrap(), Known::default());
    }

    #[test]
    fn errors_name_the_line() {
        let line = |from: &str, to: &str| {
            assert!(LIST.contains(from), "{from}");
            match Known::parse(&LIST.replace(from, to)).unwrap_err() {
                DoctestError::Syntax { line, .. }
                | DoctestError::Version { line, .. }
                | DoctestError::Rule { line, .. } => line,
            }
        };
        assert_eq!(line("version = 1", "version = 2"), 1);
        assert_eq!(line("another Maxima", " "), 3);
        assert_eq!(line("reason =", "cause ="), 4);
        assert_eq!(line("count = 2", "count = 0"), 6);
        assert_eq!(line("\"1 + 1\"", "\" 1 + 1\""), 6);
        assert_eq!(line("example = \"1 + 1\"", "trouble = \"x\""), 6);
        assert_eq!(line("src/sage/b.pyx", "../b.pyx"), 7);
        let twice = "{ file = \"sage/a.py\", function = \"sage.a.f\", example = \"1 + 1\" }";
        assert_eq!(line("{ file = \"src/sage/b.pyx\", trouble = \"Timed out\" }", twice), 7);
        assert_eq!(line("trouble = \"Timed out\"", "trouble = \"Timed out\", count = 2"), 7);
    }
}
