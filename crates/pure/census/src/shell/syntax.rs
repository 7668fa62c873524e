//! The syntax tree of the part of POSIX `sh` that maintainer scripts use.

/// A sequence of and-or lists, each run after the other.
pub(super) type List = Vec<AndOr>;

/// Pipelines joined by `&&` and `||`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AndOr {
    pub(super) first: Command,
    pub(super) rest: Vec<(Joint, Command)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    And,
    Or,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Simple(Simple),
    /// `! command`.
    Not(Box<Command>),
    /// Conditions with their lists, tried in order, then the `else` list.
    If(Vec<(List, List)>, List),
    Case(Word, Vec<(Vec<Word>, List)>),
    For(String, Vec<Word>, List),
    Group(List),
    Pipe(Vec<Command>),
    Function(String, List),
    /// Read as syntax, but never run; the text names what it is.
    Opaque(&'static str),
}

/// Assignments, words and redirections of a simple command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Simple {
    pub(super) line: usize,
    pub(super) assignments: Vec<(String, Word)>,
    pub(super) words: Vec<Word>,
    pub(super) redirections: Vec<Redirection>,
}

/// `>`, `>>`, `<`, `>&` … and its target; here-documents have the operator alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redirection {
    pub(super) operator: &'static str,
    pub(super) target: Word,
}

/// A word before expansion.
pub(super) type Word = Vec<Part>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Text taken as it stands: quoted, escaped, or without special characters.
    Text(String),
    /// Unquoted text with `*`, `?` or `[`: a pattern in `case`, file names elsewhere.
    Pattern(String),
    /// A parameter, and whether it stands in double quotes.
    Parameter { name: String, quoted: bool, otherwise: Option<Otherwise> },
    /// The output of commands; `None` for arithmetic, and where they are not even understood as syntax.
    Substitution { list: Option<List>, quoted: bool },
    /// Other text known only when the script runs: trimming, home directories. `inside` is what is expanded for it;
    /// without `quoted` it may be any number of words; `changes` where a variable is set by it.
    Unknown { inside: Word, quoted: bool, changes: bool },
}

/// The second half of `${name:-word}` and its kin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Otherwise {
    /// `-` or `+`.
    pub(super) sign: char,
    /// Whether an empty value counts as unset.
    pub(super) colon: bool,
    pub(super) word: Word,
}
