/// Why a text is no list of known failures, or no statistics of `sage -t`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[non_exhaustive]
pub enum DoctestError {
    /// The TOML is broken, or a key or value is not one of ours.
    #[error("line {line}: {message}")]
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// The list is of a format this program does not know.
    #[error("line {line}: the list has format version {found}, this program knows {known}")]
    #[hint("use a newer sage-oci, or check out the matching revision")]
    Version {
        /// The line, counted from 1.
        line: usize,
        /// The version of the list.
        found: u32,
        /// The version that is known.
        known: u32,
    },
    /// An entry breaks a rule.
    #[error("line {line}: {why}")]
    Rule {
        /// The line it begins at, counted from 1.
        line: usize,
        /// The rule.
        why: &'static str,
    },
}

/// Why a text does not say what is to be tested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[non_exhaustive]
pub enum WhatError {
    /// There is nothing in it.
    #[error("it names nothing to test")]
    #[hint("say `changed`, `all`, or files and folders as `sage/rings,sage/arith/misc.py`")]
    Empty,
    /// It is no path below Sage's source.
    #[error("`{path}` is no path below Sage's source: {why}")]
    #[hint("name files and folders as `sage/rings,sage/arith/misc.py`")]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
}
