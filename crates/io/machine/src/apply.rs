use crate::hands::{Hands, Here, Privilege};
use crate::{MachineError, Plan, Start};
use sage_oci_files::{self as files, FileError};
use std::path::Path;
use std::time::Duration;

/// How long a daemon may take from its start to its first answer.
const DEADLINE: Duration = Duration::from_secs(60);
/// The same for one that the package's installation should have started: usually it is there at once.
const INSTALLED: Duration = Duration::from_secs(8);
/// How much of a log an error shows.
const TAIL: usize = 20;

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
    carry_out(plan, &Here { privilege, tell }, tell)
}

/// Does what a plan says, in its order.
fn carry_out(plan: &Plan, hands: &dyn Hands, tell: &dyn Fn(&str)) -> Result<(), MachineError> {
    for words in plan.installs() {
        let status = hands.run(&words, &plan.log)?;
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
        start(plan, hands, tell)?;
    }
    // Last, because nothing waits for it.
    if let Some(words) = plan.optional_install()
        && !hands.run(&words, &plan.log)?.success()
    {
        let tail = tail(&plan.log)?;
        tell(&format!("this failed; going on without, since only some checks use it\n{tail}"));
    }
    Ok(())
}

/// Tries each way to start the daemon until it answers.
fn start(plan: &Plan, hands: &dyn Hands, tell: &dyn Fn(&str)) -> Result<(), MachineError> {
    let mut log = &plan.log;
    for way in &plan.start {
        let patience = match way {
            Start::Installed => INSTALLED,
            Start::Direct => {
                log = &plan.daemon_log;
                let status = hands.run(way.words(), log)?;
                if status.success() { DEADLINE } else { Duration::ZERO }
            }
            Start::Systemctl | Start::Service => {
                let status = hands.run(way.words(), log)?;
                if status.success() { DEADLINE } else { Duration::ZERO }
            }
        };
        if hands.answers(patience) {
            tell("the Docker engine answers");
            return Ok(());
        }
    }
    Err(MachineError::Daemon { seconds: DEADLINE.as_secs(), log: log.clone(), tail: tail(log)? })
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
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    /// A machine on which these commands fail, and whose engine answers after so many ways to start it were tried.
    #[derive(Default)]
    struct Fake {
        fails: Vec<&'static str>,
        answers_at: Option<usize>,
        asked: RefCell<Vec<(Duration, usize)>>,
        ran: RefCell<Vec<String>>,
        told: RefCell<Vec<String>>,
    }

    impl Hands for Fake {
        fn run(&self, words: &[&str], log: &Path) -> Result<ExitStatus, MachineError> {
            let command = words.join(" ");
            let fails = self.fails.iter().any(|part| command.contains(part));
            files::write_atomic(log, format!("{}the log of {command}\n", "x\n".repeat(30)).as_bytes())?;
            self.ran.borrow_mut().push(command);
            Ok(ExitStatus::from_raw(if fails { 100 << 8 } else { 0 }))
        }
        fn answers(&self, patience: Duration) -> bool {
            let mut asked = self.asked.borrow_mut();
            asked.push((patience, self.ran.borrow().len()));
            self.answers_at == Some(asked.len())
        }
    }

    fn plan(folder: &Path) -> Plan {
        Plan {
            packages: vec!["nix-bin".to_owned()],
            optional: vec!["qemu-user-static".to_owned()],
            start: vec![Start::Installed, Start::Service, Start::Direct],
            advice: vec!["run this by hand".to_owned()],
            daemon_log: folder.join("dockerd.log"),
            log: folder.join("setup.log"),
        }
    }

    fn carry(fake: &Fake, change: impl FnOnce(&mut Plan)) -> (Result<(), MachineError>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = plan(folder.path());
        change(&mut plan);
        let done = carry_out(&plan, fake, &|line| fake.told.borrow_mut().push(line.to_owned()));
        let last = |command: &String| command.rsplit(' ').next().unwrap().to_owned();
        (done, fake.ran.borrow().iter().map(last).collect())
    }

    #[test]
    fn without_rights_the_commands_are_given_and_nothing_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let error = apply(&plan(dir.path()), Privilege::None, &|_| ()).unwrap_err();
        assert!(error.to_string().starts_with("this needs root's rights"), "{error}");
        let hint = error.hint().unwrap();
        assert!(
            hint.starts_with("run as root:\n  env DEBIAN_FRONTEND=noninteractive apt-get") && hint.contains("dockerd")
        );
        assert_eq!(files::list(dir.path()).unwrap().len(), 0);
        // Advice alone is nothing to do.
        let (packages, optional, start) = (vec![], vec![], vec![]);
        let advice = Plan { packages, optional, start, ..plan(dir.path()) };
        apply(&advice, Privilege::None, &|_| panic!("nothing is told")).unwrap();
    }

    #[test]
    fn what_is_needed_comes_first_and_what_only_checks_use_last() {
        let fake = Fake { answers_at: Some(1), ..Fake::default() };
        let (done, ran) = carry(&fake, |_| {});
        done.unwrap();
        assert_eq!(ran, ["update", "nix-bin", "qemu-user-static"]);
        // The installation has started it: it is waited for a moment only.
        assert_eq!(*fake.asked.borrow(), [(INSTALLED, 2)]);
        assert_eq!(*fake.told.borrow(), ["the Docker engine answers"]);
    }

    #[test]
    fn every_way_to_start_it_is_tried_until_it_answers() {
        let fake = Fake { answers_at: Some(2), ..Fake::default() };
        let (done, ran) = carry(&fake, |plan| plan.optional.clear());
        done.unwrap();
        assert_eq!(ran, ["update", "nix-bin", "start"], "the third way is not tried");
        assert_eq!(*fake.asked.borrow(), [(INSTALLED, 2), (DEADLINE, 3)]);
        // A way that fails is not waited for.
        let fake = Fake { answers_at: Some(3), fails: vec!["service docker"], ..Fake::default() };
        carry(&fake, |_| {}).0.unwrap();
        assert_eq!(*fake.asked.borrow(), [(INSTALLED, 2), (Duration::ZERO, 3), (DEADLINE, 4)]);
        let fake = Fake { fails: vec!["dockerd"], ..Fake::default() };
        carry(&fake, |_| {}).0.unwrap_err();
        assert_eq!(*fake.asked.borrow(), [(INSTALLED, 2), (DEADLINE, 3), (Duration::ZERO, 4)]);
    }

    #[test]
    fn a_daemon_that_never_answers_shows_the_log_that_says_most() {
        let fake = Fake::default();
        let (done, ran) = carry(&fake, |_| {});
        let error = done.unwrap_err();
        let MachineError::Daemon { seconds: 60, log, tail } = &error else { panic!("{error:?}") };
        assert!(log.ends_with("dockerd.log") && tail.ends_with("the log of setsid --fork dockerd"), "{tail}");
        assert_eq!(tail.lines().count(), TAIL);
        assert!(error.hint().unwrap().contains("set DOCKER_HOST") && error.should_retry());
        assert_eq!(ran.last().map(String::as_str), Some("dockerd"), "what checks use is not installed then");
        let error = carry(&Fake::default(), |plan| plan.start.truncate(2)).0.unwrap_err();
        assert!(matches!(&error, MachineError::Daemon { log, .. } if log.ends_with("setup.log")), "{error:?}");
    }

    #[test]
    fn a_failing_update_is_told_and_a_failing_installation_ends_it() {
        let fake = Fake { fails: vec!["update"], answers_at: Some(1), ..Fake::default() };
        let (done, ran) = carry(&fake, |_| {});
        done.unwrap();
        assert_eq!(ran.len(), 3);
        let told = &fake.told.borrow()[0];
        assert!(told.starts_with("apt-get update failed; going on with the indexes that are there\n"), "{told}");

        let fake = Fake { fails: vec!["nix-bin"], ..Fake::default() };
        let (done, ran) = carry(&fake, |_| {});
        let error = done.unwrap_err();
        assert_eq!(ran.len(), 2);
        assert!(matches!(&error, MachineError::Command { tail, .. } if tail.lines().count() == TAIL), "{error:?}");
        assert!(error.to_string().contains("install -y --no-install-recommends nix-bin` failed (exit status: 100)"));
        assert!(error.hint().unwrap().contains("run the command by hand") && error.should_retry());

        let fake = Fake { fails: vec!["qemu"], answers_at: Some(1), ..Fake::default() };
        carry(&fake, |_| {}).0.unwrap();
        assert!(fake.told.borrow()[1].starts_with("this failed; going on without, since only some checks use it\n"));
    }
}
