use sage_oci_files::FileError;
use std::path::PathBuf;

/// Why a machine could not be mended.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum MachineError {
    /// Root's rights are needed, and there is no way to them.
    #[error("this needs root's rights, and neither is this root nor can sudo be used without a password")]
    #[hint("run as root:\n  {}", commands.join("\n  "))]
    NoPrivilege {
        /// What root has to run.
        commands: Vec<String>,
    },
    /// A command could not be run at all.
    #[error("cannot run `{command}`: {source}")]
    #[hint("is `{}` installed and on PATH?", command.split(' ').next().unwrap_or_default())]
    Run {
        /// The command.
        command: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A command failed.
    #[error("`{command}` failed ({status}); the end of {}:\n{tail}", log.display())]
    #[hint("{} has the whole output; run the command by hand to see what it asks for", log.display())]
    Command {
        /// The command.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// Where all of its output is.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// The engine was started, and does not answer.
    #[error("the Docker daemon did not answer within {seconds} s; the end of {}:\n{tail}", log.display())]
    #[hint(
        "{} has the whole log; a container needs to be privileged to run an engine of its own, or set DOCKER_HOST \
         to one elsewhere",
        log.display()
    )]
    Daemon {
        /// How long was waited.
        seconds: u64,
        /// The log that says most.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// A log could not be written or read.
    #[error(transparent)]
    File(#[from] FileError),
}

impl MachineError {
    /// Whether the same again can go better: another run of apt may have been in the way, a mirror may have been down.
    pub fn should_retry(&self) -> bool {
        matches!(self, MachineError::Command { .. } | MachineError::Daemon { .. })
    }
}
