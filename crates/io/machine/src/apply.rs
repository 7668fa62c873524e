use crate::engine::{USUAL, probe};
use crate::{Daemon, MachineError, Plan, Start};
use sage_oci_files::{self as files, FileError};
use std::io::Write;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// How long a daemon may take from its start to its first answer.
const DEADLINE: Duration = Duration::from_secs(60);
/// The same for one that the package's installation should have started: usually it is there at once.
const INSTALLED: Duration = Duration::from_secs(8);
/// How much of a log an error shows.
const TAIL: usize = 20;

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
    let silent = duct::cmd("sudo", ["-n", "true"]).stdin_null().stdout_null().stderr_null().unchecked().run();
    match silent {
        Ok(output) if output.status.success() => Privilege::Sudo,
        _ if may_ask => Privilege::SudoAsking,
        _ => Privilege::None,
    }
}

/// Runs a plan: installs its packages, starts the engine, waits until it answers. `tell` hears of every step.
///
/// The commands' output goes to [`Plan::log`], whose name is told. Advice in the plan is not acted upon.
///
/// # Errors
/// The first command that fails ends it, with the end of the log in the error. A failing `apt-get update` alone does not:
/// one broken source out of several is common, and the installation then shows whether it matters. Nor does it end what only
/// some checks use.
pub fn apply(plan: &Plan, privilege: Privilege, tell: &dyn Fn(&str)) -> Result<(), MachineError> {
    if plan.is_empty() {
        return Ok(());
    }
    if privilege == Privilege::None {
        return Err(MachineError::NoPrivilege { commands: plan.lines() });
    }
    for log in [&plan.log, &plan.daemon_log] {
        if let Some(parent) = log.parent() {
            files::create_dir_all(parent)?;
        }
    }
    tell(&format!("the output of the commands goes to {}", plan.log.display()));
    for words in plan.installs() {
        let status = run(&words, privilege, &plan.log, tell)?;
        if status.success() {
            continue;
        }
        let tail = tail(&plan.log)?;
        if words.last() == Some(&"update") {
            tell(&format!("apt-get update failed; going on with the indexes that are there\n{tail}"));
        } else {
            return Err(MachineError::Command { command: words.join(" "), status, log: plan.log.clone(), tail });
        }
    }
    if !plan.start.is_empty() {
        start(plan, privilege, tell)?;
    }
    // Last, because nothing waits for it.
    if let Some(words) = plan.optional_install()
        && !run(&words, privilege, &plan.log, tell)?.success()
    {
        let tail = tail(&plan.log)?;
        tell(&format!("this failed; going on without, since only some checks use it\n{tail}"));
    }
    Ok(())
}

/// Tries each way to start the daemon until it answers.
fn start(plan: &Plan, privilege: Privilege, tell: &dyn Fn(&str)) -> Result<(), MachineError> {
    let mut log = &plan.log;
    for way in &plan.start {
        let patience = match way {
            Start::Installed => INSTALLED,
            Start::Direct => {
                log = &plan.daemon_log;
                let status = run(way.words(), privilege, log, tell)?;
                if status.success() { DEADLINE } else { Duration::ZERO }
            }
            Start::Systemctl | Start::Service => {
                let status = run(way.words(), privilege, log, tell)?;
                if status.success() { DEADLINE } else { Duration::ZERO }
            }
        };
        if answers(patience) {
            tell("the Docker engine answers");
            return Ok(());
        }
    }
    Err(MachineError::Daemon { seconds: DEADLINE.as_secs(), log: log.clone(), tail: tail(log)? })
}

fn answers(patience: Duration) -> bool {
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

/// Runs a command as root with its output added to a log.
fn run(words: &[&str], privilege: Privilege, log: &Path, tell: &dyn Fn(&str)) -> Result<ExitStatus, MachineError> {
    let prefix: &[&str] = match privilege {
        Privilege::Sudo => &["sudo", "-n"],
        Privilege::SudoAsking => &["sudo"],
        Privilege::Root | Privilege::None => &[],
    };
    let words = [prefix, words].concat();
    let command = words.join(" ");
    tell(&command);
    let mut out = files::append(log)?;
    writeln!(out, "\n$ {command}").map_err(FileError::at("write", log))?;
    let errors = out.try_clone().map_err(FileError::at("open", log))?;
    // sudo asks for its password on the terminal itself, not through these.
    duct::cmd(words[0], &words[1..])
        .stdin_null()
        .stdout_file(out)
        .stderr_file(errors)
        .unchecked()
        .run()
        .map(|output| output.status)
        .map_err(|source| MachineError::Run { command, source })
}

/// The last lines of a log.
fn tail(log: &Path) -> Result<String, FileError> {
    let bytes = files::read(log)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(TAIL)..].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_hint::Hint as _;
    use std::cell::RefCell;

    fn plan(folder: &Path) -> Plan {
        Plan {
            packages: vec!["nix-bin".to_owned()],
            optional: vec![],
            start: vec![],
            advice: vec![],
            daemon_log: folder.join("logs/dockerd.log"),
            log: folder.join("logs/setup.log"),
        }
    }

    #[test]
    fn without_rights_the_commands_are_given() {
        let dir = tempfile::tempdir().unwrap();
        let error = apply(&plan(dir.path()), Privilege::None, &|_| ()).unwrap_err();
        assert!(error.hint().unwrap().contains("apt-get"), "{error:?}");
        assert_eq!(files::list(dir.path()).unwrap().len(), 0);
    }

    #[test]
    fn output_goes_to_the_log_and_its_end_can_be_shown() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let told = RefCell::new(Vec::new());
        let tell = |line: &str| told.borrow_mut().push(line.to_owned());
        let status = run(&["sh", "-c", "seq 1 50; echo wrong >&2; exit 3"], Privilege::Root, &log, &tell).unwrap();
        assert_eq!(status.code(), Some(3));
        let end = tail(&log).unwrap();
        assert!(end.starts_with("32\n") && end.ends_with("50\nwrong"), "{end}");
        assert_eq!(told.borrow().len(), 1);
        let error = run(&["no-such-program-here"], Privilege::Root, &log, &tell).unwrap_err();
        assert!(error.to_string().contains("no-such-program-here"), "{error}");
    }
}
