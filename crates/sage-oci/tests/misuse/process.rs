//! The real command in the background: signals for it, and what it started.

use crate::world::{Said, World};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up; machines that run tests are busy.
const MOST: Duration = Duration::from_secs(100);

/// Waits until something is there.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < MOST, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A command that runs, in a process group of its own as a shell would start it. Dropped, it is killed.
pub struct Running {
    child: Child,
    folder: tempfile::TempDir,
}

impl Running {
    /// Starts the real command on a world's project.
    pub fn start(world: &World, arguments: &[&str]) -> Self {
        Self::of(world.command(arguments))
    }

    /// Starts a command.
    pub fn of(mut command: Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        command.stdout(sage_oci_files::create(folder.path().join("stdout")).unwrap());
        command.stderr(sage_oci_files::create(folder.path().join("stderr")).unwrap());
        let child = command.process_group(0).spawn().unwrap();
        Self { child, folder }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Presses Ctrl-C as `kill -INT` does: the command alone gets it.
    pub fn interrupt(&self) {
        kill_process(self.pid(), Signal::INT).unwrap();
    }

    /// Presses Ctrl-C as a terminal does: everything that it started gets it, too.
    pub fn interrupt_all(&self) {
        kill_process_group(self.pid(), Signal::INT).unwrap();
    }

    /// Its processes and theirs, with their command lines.
    pub fn descendants(&self) -> Vec<(u32, String)> {
        let mut known = BTreeSet::from([self.child.id()]);
        let mut found = Vec::new();
        // Parents are listed in any order: go round until nothing is new.
        let all = processes();
        loop {
            let before = known.len();
            for (pid, parent, line) in &all {
                if known.contains(parent) && known.insert(*pid) {
                    found.push((*pid, line.clone()));
                }
            }
            if known.len() == before {
                return found;
            }
        }
    }

    /// Waits for its end.
    #[track_caller]
    pub fn end(mut self) -> Said {
        let status = until("the command's end", || self.child.try_wait().unwrap());
        let read = |name: &str| sage_oci_files::read_to_string(self.folder.path().join(name)).unwrap();
        Said { status: status.code(), stdout: read("stdout"), stderr: read("stderr") }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = kill_process_group(self.pid(), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

/// Whether a process is there and is no mere rest that nobody has waited for.
pub fn is_alive(pid: u32) -> bool {
    sage_oci_files::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Every process: its id, its parent's, its command line.
fn processes() -> Vec<(u32, u32, String)> {
    let one = |path: PathBuf| {
        let pid = path.file_name()?.to_str()?.parse().ok()?;
        let stat = sage_oci_files::read_to_string(path.join("stat")).ok()?;
        // The name stands in parentheses and may hold anything; state and parent follow the last one.
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
        let line = sage_oci_files::read(path.join("cmdline")).ok()?;
        Some((pid, parent, String::from_utf8_lossy(&line).replace('\0', " ")))
    };
    sage_oci_files::list("/proc").unwrap().into_iter().filter_map(one).collect()
}
