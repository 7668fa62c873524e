use crate::format_1::Lock1;
use crate::{FORMAT, FetchGroup, Lock, LockError, LockedCompilers, LockedInterpreter, ToolPackage};
use sage_oci_names::Architecture;
use serde::{Deserialize, Serialize};

/// The one field that every format has.
#[derive(Deserialize)]
struct Version {
    format: u64,
}

/// The format that a lock's text is in.
///
/// # Errors
/// [`LockError`]: no lock, or one of a newer format.
pub(crate) fn format_of(text: &str) -> Result<u64, LockError> {
    let version: Version = serde_json::from_str(text).map_err(LockError::syntax)?;
    match version.format {
        found if found > FORMAT => Err(LockError::Newer { found, known: FORMAT }),
        known => Ok(known),
    }
}

impl Lock {
    /// Reads a lock of this format or an older one and checks that it is consistent ([`Lock::check`]).
    ///
    /// # Errors
    /// [`LockError`]: not of the format, of a newer one, or contradicting itself.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let lock = match format_of(text)? {
            0 | 1 => serde_json::from_str::<Lock1>(text).map(Self::from),
            _ => serde_json::from_str(text),
        };
        let lock = lock.map_err(LockError::syntax)?;
        lock.check()?;
        Ok(lock)
    }

    /// The text of the lock file: JSON with one package, layer or effect a line, ending with a newline.
    ///
    /// The same lock has the same text, and [`Lock::parse`] gives it back.
    pub fn to_text(&self) -> String {
        let mut out = Text { text: "{\n".to_owned(), first: true };
        out.field("format", &self.format);
        out.field("channel", &self.channel);
        out.field("architecture", &self.architecture);
        out.field("epoch", &self.epoch);
        out.lines("suites", '[', ']', self.suites.iter().map(json));
        out.lines("images", '{', '}', self.images.iter().map(|(name, plan)| format!("{}: {}", json(name), json(plan))));
        out.lines("layers", '[', ']', self.layers.iter().map(json));
        out.lines("packages", '[', ']', self.packages.iter().map(json));
        out.lines("omitted", '[', ']', self.omitted.iter().map(json));
        out.lines("effects", '[', ']', self.effects.iter().map(json));
        if !self.interpreters.is_empty() {
            let one = |(machine, python): (_, &LockedInterpreter)| {
                let LockedInterpreter { version, fetch, packages } = python;
                tools(machine, &format!("\"version\":{},", json(version)), fetch, packages)
            };
            out.lines("interpreters", '{', '}', self.interpreters.iter().map(one));
        }
        if !self.compilers.is_empty() {
            let one = |(machine, compilers): (_, &LockedCompilers)| {
                let LockedCompilers { fetch, packages } = compilers;
                tools(machine, "", fetch, packages)
            };
            out.lines("compilers", '{', '}', self.compilers.iter().map(one));
        }
        out.text.push_str("\n}\n");
        out.text
    }
}

/// What a machine builds with: one package a line here, too. `first` stands before the other fields.
fn tools(machine: &Architecture, first: &str, fetch: &FetchGroup, packages: &[ToolPackage]) -> String {
    let lines: Vec<String> = packages.iter().map(|package| format!("\n      {}", json(package))).collect();
    let (machine, fetch, lines) = (json(machine), json(fetch), lines.join(","));
    format!("{machine}: {{{first}\"fetch\":{fetch},\"packages\":[{lines}\n    ]}}")
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the lock's types have text keys and no serializer of their own that fails")
}

struct Text {
    text: String,
    first: bool,
}

impl Text {
    fn key(&mut self, key: &str) {
        if !std::mem::take(&mut self.first) {
            self.text.push_str(",\n");
        }
        self.text.push_str(&format!("  \"{key}\": "));
    }

    fn field(&mut self, key: &str, value: &impl Serialize) {
        self.key(key);
        self.text.push_str(&json(value));
    }

    fn lines(&mut self, key: &str, open: char, close: char, lines: impl Iterator<Item = String>) {
        self.key(key);
        self.text.push(open);
        let mut separator = "\n    ";
        for line in lines {
            self.text.push_str(separator);
            self.text.push_str(&line);
            separator = ",\n    ";
        }
        if separator.starts_with(',') {
            self.text.push_str("\n  ");
        }
        self.text.push(close);
    }
}
