use crate::FileError;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a lock that another holds is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// An advisory lock (`flock`) on a file; released on drop, and by the kernel when the process dies.
///
/// The lock file stays behind: removing it would let a third process lock a new file of the same name while a second
/// still waits for the old one.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

/// Who holds a lock, as far as the lock file and `/proc` tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process id, if the file holds one.
    pub pid: Option<u32>,
    /// The name of its program, if it still runs.
    pub command: Option<String>,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.pid, &self.command) {
            (Some(pid), Some(command)) => write!(f, "process {pid} ({command})"),
            (Some(pid), None) => write!(f, "process {pid}"),
            (None, _) => f.write_str("another process"),
        }
    }
}

impl FileLock {
    /// Takes the lock, waiting as long as another holds it. `on_wait` is called once, and only if there is a wait.
    ///
    /// The parent directory must exist; the file is made when absent and then holds the process id of the holder.
    pub fn acquire(path: impl AsRef<Path>, on_wait: impl FnOnce(&Holder)) -> Result<Self, FileError> {
        Self::acquire_unless(path, on_wait, &AtomicBool::new(false))
    }

    /// Like [`FileLock::acquire`], but gives up with an error of kind `Interrupted` soon after `stop` becomes true.
    pub fn acquire_unless(
        path: impl AsRef<Path>,
        on_wait: impl FnOnce(&Holder),
        stop: &AtomicBool,
    ) -> Result<Self, FileError> {
        let path = path.as_ref();
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(FileError::at("open", path))?;
        let mut on_wait = Some(on_wait);
        // Polling, because a blocking `flock` is restarted after a signal and would not notice `stop`.
        while let Err(errno) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if !matches!(errno, rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) {
                return Err(FileError::at("lock", path)(errno.into()));
            }
            if let Some(on_wait) = on_wait.take() {
                on_wait(&holder(&mut file));
            }
            if stop.load(Ordering::Relaxed) {
                return Err(FileError::at("lock", path)(io::ErrorKind::Interrupted.into()));
            }
            std::thread::sleep(PAUSE);
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(FileError::at("write", path))?;
        Ok(Self { _file: file })
    }
}

fn holder(file: &mut File) -> Holder {
    let mut text = String::new();
    // The content is only for people: whatever cannot be read is left out.
    let read = file.rewind().and_then(|()| Read::by_ref(file).take(32).read_to_string(&mut text));
    let pid = read.ok().and_then(|_| text.trim().parse().ok());
    let command = pid.and_then(|pid: u32| crate::read_to_string(format!("/proc/{pid}/comm")).ok());
    Holder { pid, command: command.map(|name| name.trim_end().to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn the_second_waits_and_learns_who_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = FileLock::acquire(&path, |_| panic!("nobody holds it")).unwrap();
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| FileLock::acquire(&path, |holder| sender.send(holder.clone()).unwrap()));
            let holder = receiver.recv().unwrap();
            assert_eq!(holder.pid, Some(std::process::id()));
            assert!(holder.to_string().starts_with(&format!("process {} (", std::process::id())), "{holder}");
            assert!(!second.is_finished());
            drop(first);
            second.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_wait_can_be_ended() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let _first = FileLock::acquire(&path, |_| ()).unwrap();
        let stop = AtomicBool::new(false);
        let error = FileLock::acquire_unless(&path, |_| stop.store(true, Ordering::Relaxed), &stop).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Interrupted);
    }
}
