/// Why a lock cannot be used.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum LockError {
    /// Not the JSON that the format wants.
    #[error("the lock is not valid: {message} (line {line}, column {column})")]
    #[hint("restore the committed file, or write it again with `sage-oci lock`; locks are not edited by hand")]
    Syntax {
        /// What the parser says.
        message: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Written by a newer program.
    #[error("the lock has format {found}, this program knows formats up to {known}")]
    #[hint("update sage-oci, or write the lock again with `sage-oci lock`")]
    Newer {
        /// The lock's format.
        found: u64,
        /// The newest format we read.
        known: u64,
    },
    /// Fields that contradict each other, as after an edit by hand.
    #[error("the lock contradicts itself: {what}")]
    #[hint("restore the committed file, or write it again with `sage-oci lock`; locks are not edited by hand")]
    Inconsistent {
        /// The contradiction, naming the package or layer.
        what: String,
    },
}

impl LockError {
    pub(crate) fn syntax(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        // serde_json repeats the place at the end of its message.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        Self::Syntax { message, line, column }
    }

    pub(crate) fn inconsistent(what: impl Into<String>) -> Self {
        Self::Inconsistent { what: what.into() }
    }
}
