use crate::engine::{USUAL, probe};
use crate::{Daemon, MachineError};
use sage_oci_files::{self as files, FileError};
use std::io::Write;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// How this process gets root's rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privilege {
    /// It has them.
    Root,
    /// By `sudo`, which asks for nothing.
    Sudo,
    /// By `sudo`, which may ask for a password on the terminal.
    SudoAsking,
    /// Not at all.
    None,
}

/// Finds out how to get root's rights; `may_ask` says that a person sits at the terminal.
pub fn privilege(may_ask: bool) -> Privilege {
    if rustix::process::geteuid().is_root() {
        return Privilege::Root;
    }
    if which::which("sudo").is_err() {
        return Privilege::None;
    }
    let silent =
        sage_oci_child::expression("sudo", ["-n", "true"]).stdin_null().stdout_null().stderr_null().unchecked().run();
    match silent {
        Ok(output) if output.status.success() => Privilege::Sudo,
        _ if may_ask => Privilege::SudoAsking,
        _ => Privilege::None,
    }
}

/// What mending does to a machine. What is done in which order is decided elsewhere, and tested without a machine.
pub(crate) trait Hands {
    /// Runs a command as root with its output added to a log.
    fn run(&self, words: &[&str], log: &Path) -> Result<ExitStatus, MachineError>;
    /// Whether the engine answers, now or before the patience is over.
    fn answers(&self, patience: Duration) -> bool;
}

/// This machine's.
pub(crate) struct Here<'a> {
    pub privilege: Privilege,
    pub tell: &'a dyn Fn(&str),
}

impl Hands for Here<'_> {
    fn run(&self, words: &[&str], log: &Path) -> Result<ExitStatus, MachineError> {
        let words = [prefix(self.privilege), words].concat();
        let command = words.join(" ");
        (self.tell)(&command);
        let mut out = files::append(log)?;
        writeln!(out, "\n$ {command}").map_err(FileError::at("write", log))?;
        let errors = out.try_clone().map_err(FileError::at("open", log))?;
        // sudo asks for its password on the terminal itself, not through these.
        sage_oci_child::expression(words[0], &words[1..])
            .stdin_null()
            .stdout_file(out)
            .stderr_file(errors)
            .unchecked()
            .run()
            .map(|output| output.status)
            .map_err(|source| MachineError::Run { command, source })
    }

    fn answers(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        loop {
            match probe(USUAL, false) {
                // A socket that is closed to us is a daemon that runs; whether we may use it is another question.
                Daemon::Answers { .. } | Daemon::Denied => return true,
                _ if Instant::now() >= end => return false,
                _ => std::thread::sleep(Duration::from_millis(250)),
            }
        }
    }
}

/// What stands before a command that root is to run.
fn prefix(privilege: Privilege) -> &'static [&'static str] {
    match privilege {
        Privilege::Sudo => &["sudo", "-n"],
        Privilege::SudoAsking => &["sudo"],
        Privilege::Root | Privilege::None => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_hint::Hint as _;
    use std::cell::RefCell;

    #[test]
    fn output_goes_to_the_log_below_its_command() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let told = RefCell::new(Vec::new());
        let tell = |line: &str| told.borrow_mut().push(line.to_owned());
        let hands = Here { privilege: Privilege::Root, tell: &tell };
        let status = hands.run(&["sh", "-c", "echo said; echo wrong >&2; exit 3"], &log).unwrap();
        assert_eq!(status.code(), Some(3));
        hands.run(&["echo", "more"], &log).unwrap();
        let text = files::read_to_string(&log).unwrap();
        assert_eq!(text, "\n$ sh -c echo said; echo wrong >&2; exit 3\nsaid\nwrong\n\n$ echo more\nmore\n");
        assert_eq!(*told.borrow(), ["sh -c echo said; echo wrong >&2; exit 3", "echo more"]);
        let error = hands.run(&["no-such-program-here"], &log).unwrap_err();
        assert!(error.to_string().starts_with("cannot run `no-such-program-here`: "), "{error}");
        assert_eq!(error.hint().as_deref(), Some("is `no-such-program-here` installed and on PATH?"));
    }

    #[test]
    fn sudo_asks_only_where_somebody_can_answer() {
        let before = |privilege| prefix(privilege).join(" ");
        assert_eq!(before(Privilege::Root), "");
        assert_eq!(before(Privilege::Sudo), "sudo -n");
        assert_eq!(before(Privilege::SudoAsking), "sudo");
    }
}
