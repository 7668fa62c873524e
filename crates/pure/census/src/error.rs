use sage_oci_names::{PackageName, Sha256};

/// Why census files cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
pub enum CensusError {
    /// The text is not TOML, or not of the census's form.
    #[error("{file}:{line}: {why}")]
    Form {
        /// The file as it was named to the parser.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        why: String,
    },
    /// One script has two verdicts.
    #[error("{file}:{line}: {script} of {package} with SHA-256 {sha256} is judged twice")]
    #[hint("the first verdict is at {first_file}:{first_line}; keep one of them")]
    Twice {
        /// The file of the second verdict.
        file: String,
        /// Its line, from 1.
        line: usize,
        /// The package.
        package: PackageName,
        /// The script's kind.
        script: String,
        /// The digest of its text.
        sha256: Sha256,
        /// The file of the first verdict.
        first_file: String,
        /// The line of the first verdict.
        first_line: usize,
    },
}

/// A script that nobody has judged and no rule understands: the lock that holds it cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[error("{script} of {package} {version} is not accounted for: {why}\nsha256: {sha256}\n{}", quoted(.text))]
#[hint(
    "read what it does on a first installation, then add to a file of nix/census:\n\
     [[script]]\npackage = \"{package}\"\nscript = \"{script}\"\nsha256 = [\"{sha256}\"]\n\
     nothing = \"why\"  # or: because = \"why\" and effects = [ … ]"
)]
pub struct Refusal {
    /// The package.
    pub package: PackageName,
    /// Its version.
    pub version: String,
    /// The script's kind, as `postinst`.
    pub script: String,
    /// The digest of its text.
    pub sha256: Sha256,
    /// Its text; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// The first thing in it that no rule understands.
    pub why: String,
}

/// The script's lines behind a bar, so that they cannot be taken for our own words.
fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("  | {line}")).collect::<Vec<_>>().join("\n")
}
