use sage_oci_files::FileError;
use std::io;
use std::path::PathBuf;

/// Why a program could not be traced. How it ended itself is no error.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum TraceError {
    /// This machine forbids what tracing needs: nothing was run, and the caller can do without.
    #[error("this machine does not let an ordinary user {what}: {why}")]
    #[hint(
        "in a container, allow `ptrace` and `seccomp`; elsewhere look at /proc/sys/kernel/yama/ptrace_scope, where 3 forbids it"
    )]
    NotAllowed {
        /// What was tried, as the end of a sentence.
        what: String,
        /// What the system said.
        why: io::Error,
    },
    /// The program cannot be started.
    #[error("cannot start `{}`: {why}", program.display())]
    #[hint(none)]
    Start {
        /// The program, or the one that was to start it.
        program: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The program that was to start it does not know how: it never calls [`enter`](crate::enter).
    #[error("`{}` did not start the program", launcher.display())]
    Launcher {
        /// [`Launch::launcher`](crate::Launch::launcher).
        launcher: PathBuf,
    },
    /// A traced process could not be followed; all were ended.
    #[error("lost hold of a traced program ({what}): {why}")]
    #[hint(none)]
    Lost {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        why: io::Error,
    },
    /// A program got a signal that cannot be passed on to it; all were ended. C's library has two such for itself, for changing the
    /// user of all threads and for ending one.
    #[error("a traced program got signal {signal}, which cannot be passed on")]
    Signal {
        /// Its number, above 31.
        signal: i32,
    },
    /// A file of the tracer.
    #[error(transparent)]
    File(#[from] FileError),
}

impl TraceError {
    /// Whether this machine forbids to trace: a caller leaves out what needs it.
    pub fn is_not_allowed(&self) -> bool {
        matches!(self, Self::NotAllowed { .. })
    }
}
