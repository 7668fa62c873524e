use std::fmt::Write as _;

/// Why commands in a root did not give what they should.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum RunError {
    /// A command says that it failed.
    #[error("{subject}: `{command}` failed with status {status}{}", behind(.output))]
    Failed {
        /// The work.
        subject: String,
        /// The command.
        command: String,
        /// Its exit status.
        status: i32,
        /// The end of what was printed.
        output: String,
    },
    /// A command, or a program that it started, was killed.
    #[error("{subject}: `{command}` was killed by signal {signal}{}", behind(.output))]
    #[hint(
        "memory may have run out, a compiler can need 1.5 GB: fewer jobs at once need less (`--jobs`); `dmesg` tells whom \
         the kernel has killed"
    )]
    Killed {
        /// The work.
        subject: String,
        /// The command.
        command: String,
        /// The signal's number.
        signal: i32,
        /// The end of what was printed.
        output: String,
    },
    /// What the commands have read is not what the step was made of.
    #[error("{subject}: the compiler has read other files than it should{}", differing(.unexpected, .unread))]
    #[hint("this is a defect of the search for what a module includes; please report it with the commit")]
    Reads {
        /// The work.
        subject: String,
        /// Files that were read and are not named.
        unexpected: Vec<String>,
        /// Files that are named and were not read.
        unread: Vec<String>,
    },
    /// What is to be kept was not made.
    #[error("{subject}: the commands have not made `{path}`")]
    Missing {
        /// The work.
        subject: String,
        /// The path below the folder.
        path: String,
    },
    /// What is to be kept or read is something that cannot be.
    #[error("{subject}: the commands have made `{path}`, which is neither a file nor a folder")]
    Strange {
        /// The work.
        subject: String,
        /// The path below the folder.
        path: String,
    },
}

/// An output below a message.
fn behind(output: &str) -> String {
    let output = output.trim_end();
    if output.is_empty() { String::new() } else { format!("\n{output}") }
}

fn differing(unexpected: &[String], unread: &[String]) -> String {
    let mut text = String::new();
    for (what, paths) in [("read and not expected", unexpected), ("expected and not read", unread)] {
        if !paths.is_empty() {
            // Writing to a text cannot fail.
            _ = write!(text, "; {what}: {}", paths.join(", "));
        }
    }
    text
}
