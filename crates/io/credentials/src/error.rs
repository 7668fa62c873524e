use crate::Place;
use sage_oci_files::FileError;
use sage_oci_hint::Hint as _;
use std::time::Duration;

/// Why it cannot be said whether there is a credential. No message holds a part of a file or of a helper's output.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum CredentialError {
    /// A file that is there cannot be read.
    #[error(transparent)]
    #[hint(with = Some(readable(_0)))]
    File(#[from] FileError),
    /// A file or variable that is too long to be what it should be.
    #[error("{place} is longer than {limit} bytes")]
    #[hint("docker's configuration is short; is this another file?")]
    TooLong {
        /// Where.
        place: Place,
        /// The most that is read.
        limit: u64,
    },
    /// A text that is no JSON.
    #[error("{place} is no JSON: line {line}, column {column}: {why}")]
    #[hint("mend it there, or move it away and log in again with `docker login` or `podman login`")]
    Json {
        /// Where.
        place: Place,
        /// The line, from 1.
        line: usize,
        /// The column, from 1; 0 at a line's start.
        column: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// JSON that docker would not understand.
    #[error("{place}: `{key}` {why}")]
    #[hint("mend it, or log in again with `docker login` or `podman login`")]
    Value {
        /// Where.
        place: Place,
        /// The way to the value, as `auths.ghcr.io.auth`.
        key: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A variable whose value is no UTF-8.
    #[error("the variable `{variable}` is no UTF-8")]
    #[hint("set it anew, or unset it")]
    NotText {
        /// The variable.
        variable: &'static str,
    },
    /// A user's name without a password, or the other way around.
    #[error("the variable `{present}` is set, and `{absent}` is not")]
    #[hint("set both, or neither")]
    Half {
        /// The one that is there.
        present: &'static str,
        /// The one that is not.
        absent: &'static str,
    },
    /// The program that keeps the credentials is not installed.
    #[error("`{program}` is not on PATH, and {place} says in `{key}` that it keeps the credentials")]
    #[hint("install it, or take `{key}` out of {place} and log in again")]
    NoHelper {
        /// The program.
        program: String,
        /// What names it.
        place: Place,
        /// The way to its name.
        key: String,
    },
    /// It cannot be started.
    #[error("cannot run `{program}`: {source}")]
    #[hint("can it be executed? {place} names it in `{key}`")]
    HelperStart {
        /// The program.
        program: String,
        /// What names it.
        place: Place,
        /// The way to its name.
        key: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It failed.
    #[error("`{program}` failed ({status}); what it said is not shown, for it may hold a secret")]
    #[hint("run it yourself: `echo {server} | {program} get`; {place} names it in `{key}`")]
    HelperFailed {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
        /// What it was asked for.
        server: String,
        /// What names it.
        place: Place,
        /// The way to its name.
        key: String,
    },
    /// It did not end in time, and was killed.
    #[error("`{program}` did not answer within {} s", limit.as_secs_f32())]
    #[hint("it may wait for somebody to unlock its store; run it yourself: `echo {server} | {program} get`")]
    HelperTimedOut {
        /// The program.
        program: String,
        /// How long it had.
        limit: Duration,
        /// What it was asked for.
        server: String,
    },
    /// It ended well, and what it said is not what helpers say.
    #[error(
        "`{program}` gave no credential in the form that helpers have; what it said is not shown, for it may hold a secret"
    )]
    #[hint("it must print JSON with `Username` and `Secret`; run it yourself: `echo {server} | {program} get`")]
    HelperAnswer {
        /// The program.
        program: String,
        /// What it was asked for.
        server: String,
    },
}

impl CredentialError {
    /// Whether the same lookup, later, can go better.
    pub fn should_retry(&self) -> bool {
        match self {
            CredentialError::File(error) => error.should_retry(),
            CredentialError::HelperTimedOut { .. } => true,
            _ => false,
        }
    }
}

fn readable(error: &FileError) -> String {
    error.hint().unwrap_or_else(|| "credentials are looked for in a file as `docker login` writes it".to_owned())
}
