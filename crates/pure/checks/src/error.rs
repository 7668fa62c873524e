/// Why a text is no list of checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[non_exhaustive]
pub enum CheckError {
    /// The TOML is broken, or a key or value is not one of ours.
    #[error("line {line}: {message}")]
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// The document is of a format this program does not know.
    #[error("line {line}: the checks have format version {found}, this program knows {known}")]
    #[hint("use a newer sage-oci, or check out the matching revision")]
    Version {
        /// The line, counted from 1.
        line: usize,
        /// The version of the document.
        found: u32,
        /// The version that is known.
        known: u32,
    },
    /// A check breaks a rule.
    #[error("line {line}: check `{name}`: {why}")]
    Rule {
        /// The line its table begins at, counted from 1.
        line: usize,
        /// Its name.
        name: String,
        /// The rule.
        why: String,
    },
    /// A check proves what nobody demands.
    #[error("check `{name}` says that it proves {row}, and the contract has no such row")]
    #[hint("add the row to the table [contract], or name one of its rows")]
    Row {
        /// The check's name.
        name: String,
        /// The row's id.
        row: String,
    },
}
