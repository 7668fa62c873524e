use crate::Answers;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// A program to be traced, and the machine that it is to see.
#[derive(Clone, Debug)]
pub struct Launch {
    /// A program that calls [`enter`](crate::enter) where its first argument is [`ENTER`](crate::ENTER): mostly the running one.
    pub launcher: PathBuf,
    /// The program. Without a slash it is looked for in `PATH` of its own environment.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its whole environment.
    pub environment: BTreeMap<OsString, OsString>,
    /// Its working folder.
    pub directory: PathBuf,
    /// What it is told otherwise.
    pub answers: Answers,
    /// Files and folders that it makes, by absolute paths; they need not be there. In [`Observed`](crate::Observed) each is called
    /// by its last name: of `/tmp/x/out` a file is `out/blob`.
    pub outputs: Vec<PathBuf>,
    /// Addresses of memory are the same in every run (`setarch --addr-no-randomize`).
    pub fixed_addresses: bool,
    /// The kernel says that it is some 2.6 (`setarch --uname-2.6`); [`Answers::release`] comes before it.
    pub kernel_26: bool,
    /// Rights that new files do not get, as 0o022; otherwise those of this process.
    pub umask: Option<u32>,
    /// The file that gets its standard output, emptied first; otherwise nobody does. Standard input is empty.
    pub stdout: Option<PathBuf>,
    /// The file that gets its standard error; it may be the same one.
    pub stderr: Option<PathBuf>,
    /// How long it may run.
    pub limit: Option<Duration>,
}

impl Launch {
    /// A program that is told the truth, with no argument, no environment, in `/`.
    pub fn new(launcher: impl Into<PathBuf>, program: impl Into<PathBuf>) -> Self {
        Self {
            launcher: launcher.into(),
            program: program.into(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            directory: "/".into(),
            answers: Answers::default(),
            outputs: Vec::new(),
            fixed_addresses: false,
            kernel_26: false,
            umask: None,
            stdout: None,
            stderr: None,
            limit: None,
        }
    }
}
