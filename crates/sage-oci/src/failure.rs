use std::fmt::Display;
use std::process::ExitCode;

/// How the command ends when it does not end well.
#[derive(Debug)]
pub enum Failure {
    /// Checked, and not fine: exit status 1. What is wrong was printed already.
    NotFine,
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

    /// Prints the error, for one that does not end the command.
    pub fn print(&self, printer: crate::Printer) {
        if let Self::Error { message, hint } = self {
            printer.error(message, hint.as_deref());
        }
    }

    /// The exit status that says so.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotFine => ExitCode::from(1),
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

impl Failure {
    /// An error with its causes.
    pub fn from_error(error: &dyn std::error::Error, hint: Option<String>) -> Self {
        Self::Error { message: chain(error), hint }
    }
}

/// Every crate's error has a `hint`; this takes both.
macro_rules! from_error {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                let hint = error.hint();
                Self::from_error(&error, hint)
            }
        })*
    };
}

from_error!(
    sage_oci_files::FileError,
    sage_oci_project::ProjectError,
    sage_oci_produce::ProduceError,
    sage_oci_steps::StepError,
    sage_oci_store::StoreError,
    sage_oci_engine::EngineError,
    sage_oci_image::ImageError,
    sage_oci_layout::LayoutError,
    sage_oci_closure::ClosureError,
    sage_oci_machine::MachineError,
    sage_oci_archive::ArchiveError,
    sage_oci_signature::SignatureError,
    sage_oci_census::CensusError,
    sage_oci_checks::CheckError,
    sage_oci_smoke::SmokeError,
);
