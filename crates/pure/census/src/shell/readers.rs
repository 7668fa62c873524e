use super::syntax::{Command, List, Part, Simple, Word};

/// Programs that print and change nothing, whatever their arguments are.
const READERS: [&str; 23] = [
    "[", "basename", "cat", "cmp", "cut", "dirname", "echo", "egrep", "expr", "fgrep", "getent", "grep", "head", "id",
    "md5sum", "printf", "readlink", "stat", "tail", "test", "tr", "uname", "which",
];

/// The special builtins of POSIX; whether a function of such a name stands before them depends on the shell.
const SPECIAL: [&str; 13] = [
    "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift", "times", "trap",
    "unset",
];

/// Whether a function of this name would stand before a program that counts as reading, or a builtin of the shell.
pub(super) fn hides(name: &str) -> bool {
    READERS.contains(&name) || SPECIAL.contains(&name) || matches!(name, "command" | "dpkg" | "dpkg-divert")
}

/// Checks the commands whose output becomes part of a word: they run, so they must not do anything else.
///
/// # Errors
/// One of them may do more than read.
pub(super) fn substitutions<'a>(words: impl IntoIterator<Item = &'a Word>) -> Result<(), String> {
    for word in words {
        if !word_only_reads(word) {
            return Err("a command substitution that may do more than read".to_owned());
        }
        if changes(word) {
            return Err("an expansion sets a variable".to_owned());
        }
    }
    Ok(())
}

/// Whether expanding a word sets a variable of the script's own shell.
fn changes(word: &Word) -> bool {
    word.iter().any(|part| match part {
        Part::Unknown { inside, changes: here, .. } => *here || changes(inside),
        Part::Parameter { otherwise: Some(otherwise), .. } => changes(&otherwise.word),
        _ => false,
    })
}

/// Whether a command runs to make a word.
pub(super) fn runs(word: &Word) -> bool {
    word.iter().any(|part| match part {
        Part::Substitution { .. } => true,
        Part::Unknown { inside, .. } => runs(inside),
        Part::Parameter { otherwise: Some(otherwise), .. } => runs(&otherwise.word),
        _ => false,
    })
}

fn word_only_reads(word: &Word) -> bool {
    word.iter().all(|part| match part {
        Part::Substitution { list: Some(list), .. } => list_only_reads(list),
        Part::Substitution { list: None, .. } => false,
        Part::Unknown { inside, .. } => word_only_reads(inside),
        Part::Parameter { otherwise: Some(otherwise), .. } => word_only_reads(&otherwise.word),
        _ => true,
    })
}

fn list_only_reads(list: &List) -> bool {
    list.iter().all(|item| only_reads(&item.first) && item.rest.iter().all(|(_, command)| only_reads(command)))
}

/// Whether a command can only read, on every way through it.
pub(super) fn only_reads(command: &Command) -> bool {
    match command {
        Command::Simple(simple) => simple_only_reads(simple),
        Command::Not(inner) => only_reads(inner),
        Command::Pipe(commands) => commands.iter().all(only_reads),
        Command::Group(list) => list_only_reads(list),
        _ => false,
    }
}

fn simple_only_reads(simple: &Simple) -> bool {
    let text = |word: &Word| match word.as_slice() {
        [Part::Text(text) | Part::Pattern(text)] => Some(text.clone()),
        _ => None,
    };
    let harmless_output = simple.redirections.iter().all(|redirection| match redirection.operator {
        "<" => true,
        ">" => text(&redirection.target).as_deref() == Some("/dev/null"),
        ">&" => matches!(text(&redirection.target).as_deref(), Some("1" | "2")),
        _ => false,
    });
    let words: Vec<Option<String>> = simple.words.iter().map(text).collect();
    let words: Vec<Option<&str>> = words.iter().map(Option::as_deref).collect();
    let known = match words.as_slice() {
        [Some("command"), Some("-v"), ..] | [Some("dpkg"), Some("--print-architecture")] => true,
        [Some("dpkg-divert"), Some("--listpackage" | "--truename"), _] => true,
        [Some(name), ..] => READERS.contains(name),
        _ => false,
    };
    let targets = simple.redirections.iter().map(|redirection| &redirection.target);
    let words_only_read = simple.words.iter().chain(targets).all(word_only_reads);
    known && harmless_output && simple.assignments.is_empty() && words_only_read
}
