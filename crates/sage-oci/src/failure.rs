use sage_oci_hint::Hint;
use std::fmt::Display;
use std::process::ExitCode;

/// How the command ends when it does not end well.
#[derive(Debug)]
pub enum Failure {
    /// Checked, and not fine: exit status 1. What is wrong was printed already.
    NotFine,
    /// The same, and what is wrong is still to be printed.
    Red {
        /// What is wrong, with its causes.
        message: String,
        /// What to do next.
        hint: Option<String>,
    },
    /// Could not check: exit status 2.
    Error {
        /// What failed, with its causes.
        message: String,
        /// What to do next.
        hint: Option<String>,
    },
}

impl Failure {
    /// An error with what to do next.
    pub fn new(message: impl Display, hint: Option<String>) -> Self {
        Self::Error { message: message.to_string(), hint }
    }

    /// An error that says that what was checked is not fine.
    pub fn red(error: impl Hint) -> Self {
        Self::Red { message: chain(&error), hint: error.hint() }
    }

    /// The same with the place that it is about before it, as a file's name.
    pub fn at(self, place: impl Display) -> Self {
        match self {
            Self::NotFine => Self::NotFine,
            Self::Red { message, hint } => Self::Red { message: format!("{place}: {message}"), hint },
            Self::Error { message, hint } => Self::Error { message: format!("{place}: {message}"), hint },
        }
    }

    /// Prints what was not printed yet.
    pub fn print(&self, printer: crate::Printer) {
        if let Self::Red { message, hint } | Self::Error { message, hint } = self {
            printer.error(message, hint.as_deref());
        }
    }

    /// The exit status that says so.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotFine | Self::Red { .. } => ExitCode::from(1),
            Self::Error { .. } => ExitCode::from(2),
        }
    }
}

/// An error and its causes on one line, a cause left out where the error's text repeats it already.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// Whatever error a crate gives, its causes and its hint are told.
impl<E: Hint> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(chain(&error), error.hint())
    }
}

#[cfg(test)]
mod tests;
