/// Why exceptions cannot be used.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum LintError {
    /// The document is not what it should be.
    #[error("{source}")]
    #[hint("an exception has `rule`, `paths` and `reason`; the rules are {}", rules())]
    Syntax {
        /// What the parser says, with line and column.
        source: toml::de::Error,
    },
    /// It is of another format.
    #[error("it has the format version {found}, and this program reads version {known}")]
    #[hint("take the program of the same revision")]
    Version {
        /// What it says.
        found: u64,
        /// What is read here.
        known: u64,
    },
    /// A pattern is none.
    #[error("line {line}: the pattern `{pattern}`: {why}")]
    #[hint("patterns are absolute; `*` stays in a folder, `**` does not")]
    Pattern {
        /// The line on which its exception begins.
        line: usize,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// An exception says nothing.
    #[error("line {line}: an exception without {what}")]
    #[hint("say why these paths may break the rule, in a sentence that a stranger understands")]
    Empty {
        /// The line on which it begins.
        line: usize,
        /// What it lacks.
        what: &'static str,
    },
}

fn rules() -> String {
    crate::Rule::ALL.map(crate::Rule::name).join(", ")
}
