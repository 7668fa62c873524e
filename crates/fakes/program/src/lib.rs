//! Programs that tests write and then run.
//!
//! Linux runs no file that somebody has open for writing (`ETXTBSY`, execve(2)). A test that writes a program, closes it and runs
//! it meets this all the same: another thread may have forked while the file was open, and its child holds a copy of the
//! descriptor until it becomes the program that it was forked for. So [`write_program`] lets a process of its own write the file:
//! no descriptor of it is ever in this process, and none can be copied.
//!
//! This is test code: whatever goes wrong panics with a message that names it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Makes a file with this content that can be run, at once and by everyone; one that is there is replaced, even while it runs.
///
/// # Panics
///
/// The file cannot be written.
pub fn write_program(path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
    let path = path.as_ref();
    let mut writer = Command::new("sh")
        .args(["-c", "cat >\"$1.new\" && chmod 755 \"$1.new\" && mv -f \"$1.new\" \"$1\"", "sh"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("`sh` writes programs");
    let written = writer.stdin.take().expect("it has a pipe").write_all(content.as_ref());
    let status = writer.wait().expect("`sh` ends");
    assert!(written.is_ok() && status.success(), "{} cannot be written", path.display());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// What a test that writes the file itself fails at, one time in twelve, where others start processes meanwhile.
    #[test]
    fn it_can_be_run_while_other_threads_fork() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        Command::new("true").status().unwrap();
                    }
                });
            }
            for number in 0..50 {
                write_program(&program, format!("#!/bin/sh\necho {number}\n"));
                let output = Command::new(&program).output();
                let said = output.map(|output| output.stdout);
                done.store(said.is_err() || number == 49, Ordering::Relaxed);
                assert_eq!(said.unwrap(), format!("{number}\n").into_bytes());
            }
        });
    }

    #[test]
    fn a_program_that_runs_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("sleep");
        write_program(&program, sage_oci_files::read("/bin/sleep").unwrap());
        let mut running = Command::new(&program).arg("60").spawn().unwrap();
        write_program(&program, "#!/bin/sh\nexit 3\n");
        assert_eq!(Command::new(&program).status().unwrap().code(), Some(3));
        running.kill().unwrap();
        running.wait().unwrap();
    }
}
