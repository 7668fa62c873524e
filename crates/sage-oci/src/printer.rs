use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

/// A file that gets everything that is for people, too, where a job keeps one.
static LOG: OnceLock<Mutex<File>> = OnceLock::new();

/// The one place that writes to the terminal.
///
/// Results go to standard output and nothing else does; what is for people goes to standard error.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    quiet: bool,
}

impl Printer {
    /// A printer; a quiet one prints results and errors only.
    pub fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Lets a file have all that is for people, whether or not it is shown. The first one stays.
    pub fn also_to(self, file: File) {
        _ = LOG.set(Mutex::new(file));
    }

    fn keep(text: &str) {
        if let Some(log) = LOG.get() {
            let plain = console::strip_ansi_codes(text);
            _ = writeln!(log.lock().unwrap_or_else(PoisonError::into_inner), "{plain}");
        }
    }

    /// Whether notes are left out.
    pub fn is_quiet(self) -> bool {
        self.quiet
    }

    /// One line, or a whole document, of the result.
    pub fn result(self, text: impl std::fmt::Display) {
        // A reader that went away, as `head` does, has what it wants.
        _ = writeln!(std::io::stdout().lock(), "{text}");
    }

    /// A document of the result as JSON, written as it is made: one may be long.
    pub fn json(self, document: &impl serde::Serialize) -> Result<(), crate::Failure> {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        match serde_json::to_writer_pretty(&mut out, document) {
            // As of a line: a reader that went away has what it wants.
            Err(error) if !error.is_io() => {
                Err(crate::Failure::new(format_args!("cannot write the result as JSON: {error}"), None))
            }
            _ => {
                _ = writeln!(out).and_then(|()| out.flush());
                Ok(())
            }
        }
    }

    /// A line for people.
    pub fn note(self, text: impl std::fmt::Display) {
        if LOG.get().is_some() {
            Self::keep(&text.to_string());
        }
        if !self.quiet {
            _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    /// What is going on, led by a verb in a column of its own.
    pub fn step(self, verb: &str, text: impl std::fmt::Display) {
        self.note(format_args!("{} {text}", console::style(format!("{verb:>10}")).for_stderr().green().bold()));
    }

    /// An error and its hint.
    pub fn error(self, message: &str, hint: Option<&str>) {
        Self::keep(&format!("error: {message}"));
        if let Some(hint) = hint {
            Self::keep(&format!("hint: {hint}"));
        }
        let mut stderr = std::io::stderr().lock();
        _ = writeln!(stderr, "{}: {message}", console::style("error").for_stderr().red().bold());
        if let Some(hint) = hint {
            _ = writeln!(stderr, "{}: {hint}", console::style("hint").for_stderr().cyan().bold());
        }
    }
}
