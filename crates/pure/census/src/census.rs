use std::collections::BTreeMap;

use sage_oci_names::{PackageName, Sha256};
use serde::Deserialize;
use toml::Spanned;

use crate::CensusError;
use sage_oci_effects::Effect;

/// What people have decided about maintainer scripts, by package, script and SHA-256, and what images leave out.
///
/// It is data about Debian, shared by all channels. A script that differs by one byte from those judged is a new script.
#[derive(Debug, Clone, Default)]
pub struct Census {
    pub(crate) entries: BTreeMap<(PackageName, String, Sha256), Entry>,
    omissions: Vec<Omission>,
}

/// One judged script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) effects: Vec<Declared>,
    pub(crate) reason: String,
}

/// An effect as census files write it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Declared {
    /// The package whose files it concerns, if that is not the script's own.
    pub(crate) package: Option<PackageName>,
    #[serde(flatten)]
    pub(crate) effect: Effect,
}

/// Files that a real installation leaves and an image does not, with the reason why nobody misses them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Omission {
    /// A pattern of absolute paths: `*` and `?` stay within a component, `**` does not, `{a,b}` is either.
    pub path: String,
    /// Why the image does without, and what its user loses, if anything.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    script: Vec<Spanned<Script>>,
    #[serde(default)]
    omission: Vec<Spanned<Omission>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    package: PackageName,
    script: String,
    sha256: Vec<Sha256>,
    nothing: Option<String>,
    because: Option<String>,
    #[serde(default)]
    effects: Vec<Declared>,
}

impl Census {
    /// Parses census files, each given by its name (for error messages) and its TOML text.
    ///
    /// A `[[script]]` has `package`, `script` (`preinst` or `postinst`), `sha256` (the texts it speaks of), and either
    /// `nothing = "why"` or `effects = […]` with `because = "why"`. An effect that concerns the files of another package
    /// than the script's own (byte-code of a library, say) names it with `package`. An `[[omission]]` has `path` and `reason`.
    ///
    /// # Errors
    /// Text that is not TOML or not of this form, a verdict without a reason, and two verdicts on one script; each
    /// names the file and the line.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, CensusError> {
        let mut census = Self::default();
        let mut places = BTreeMap::new();
        for (name, text) in files {
            let place = |at: usize| (name.to_owned(), line_of(text, at));
            let file: File = toml::from_str(text).map_err(|error| {
                let (file, line) = place(error.span().map_or(0, |span| span.start));
                CensusError::Form { file, line, why: error.message().to_owned() }
            })?;
            for spanned in file.script {
                let (file, line) = place(spanned.span().start);
                let script = spanned.into_inner();
                let entry = script.entry().map_err(|why| CensusError::Form { file: file.clone(), line, why })?;
                for sha256 in &script.sha256 {
                    let key = (script.package.clone(), script.script.clone(), *sha256);
                    if let Some((first_file, first_line)) = places.insert(key.clone(), (file.clone(), line)) {
                        let (package, script, sha256) = key;
                        return Err(CensusError::Twice { file, line, package, script, sha256, first_file, first_line });
                    }
                    census.entries.insert(key, entry.clone());
                }
            }
            for spanned in file.omission {
                let (file, line) = place(spanned.span().start);
                let omission = spanned.into_inner();
                if !omission.path.starts_with('/') || omission.reason.trim().is_empty() {
                    let why = "an omission needs an absolute `path` and a `reason`".to_owned();
                    return Err(CensusError::Form { file, line, why });
                }
                census.omissions.push(omission);
            }
        }
        Ok(census)
    }

    /// What a real installation leaves and images do not, in the order of the files.
    pub fn omissions(&self) -> &[Omission] {
        &self.omissions
    }
}

impl Script {
    fn entry(&self) -> Result<Entry, String> {
        if !matches!(self.script.as_str(), "preinst" | "postinst") {
            return Err(format!("`{}` is not a script that is judged: write preinst or postinst", self.script));
        }
        if self.sha256.is_empty() {
            return Err("`sha256` names no script text".to_owned());
        }
        let reason = match (&self.nothing, &self.because, self.effects.is_empty()) {
            (Some(reason), None, true) | (None, Some(reason), false) => reason.trim(),
            _ => return Err("write either `nothing`, or `effects` with `because`".to_owned()),
        };
        if reason.is_empty() {
            return Err("a verdict needs a reason".to_owned());
        }
        Ok(Entry { effects: self.effects.clone(), reason: reason.to_owned() })
    }
}

/// The number of the line, from 1, that holds the byte at `at`.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_hint::Hint as _;

    const SHA: &str = "abababababababababababababababababababababababababababababababab";

    fn error(text: &str) -> String {
        Census::parse([("base.toml", text)]).unwrap_err().to_string()
    }

    #[test]
    fn entries_and_omissions() {
        let text = format!(
            "[[script]]\npackage = \"bash\"\nscript = \"postinst\"\nsha256 = [\"{SHA}\"]\nbecause = \"it says so\"\n\
             effects = [{{ kind = \"shell\", path = \"/bin/bash\" }}]\n\
             [[omission]]\npath = \"/var/log/**\"\nreason = \"logs\"\n"
        );
        let census = Census::parse([("base.toml", text.as_str())]).unwrap();
        let entry = census.entries.values().next().unwrap();
        assert_eq!(entry.effects[0].effect, Effect::Shell { path: "/bin/bash".to_owned() });
        assert_eq!(census.omissions()[0].path, "/var/log/**");
    }

    #[test]
    fn errors_name_file_and_line() {
        let head = format!("[[script]]\npackage = \"bash\"\nscript = \"postinst\"\nsha256 = [\"{SHA}\"]\n");
        for (text, said) in [
            (format!("\n\n{head}"), "base.toml:3: write either `nothing`"),
            (format!("{head}nothing = \"x\"\nbecause = \"y\"\n"), "write either `nothing`"),
            (format!("{head}nothing = \" \"\n"), "needs a reason"),
            (format!("{head}nothing = \"x\"\ncolour = 1\n"), "unknown field `colour`"),
            (format!("{head}because = \"x\"\neffects = [{{ kind = \"dance\" }}]\n"), "unknown variant `dance`"),
            (head.replace("postinst", "prerm") + "nothing = \"x\"\n", "write preinst or postinst"),
            (head.replace("ab", "AB") + "nothing = \"x\"\n", "64 lower-case hexadecimal digits"),
            ("[[script\n".to_owned(), "base.toml:1: "),
            ("[[omission]]\npath = \"var\"\nreason = \"x\"\n".to_owned(), "base.toml:1: an omission"),
        ] {
            let message = error(&text);
            assert!(message.contains(said), "{message}");
            assert!(message.starts_with("base.toml:"), "{message}");
        }
    }

    #[test]
    fn one_verdict_a_script() {
        let one = format!(
            "[[script]]\npackage = \"bash\"\nscript = \"postinst\"\nsha256 = [\"{SHA}\"]\nnothing = \"none\"\n"
        );
        let error = Census::parse([("a.toml", one.as_str()), ("b.toml", one.as_str())]).unwrap_err();
        assert!(error.to_string().starts_with("b.toml:1: "), "{error}");
        assert!(error.hint().unwrap().contains("a.toml:1"), "{error:?}");
    }
}
