//! Real programs, traced.

// The tests look at what programs left behind.
#![allow(clippy::disallowed_methods)]

mod answers;
mod ends;
mod follows;
mod intervals;
mod starts;

use sage_oci_trace::{Answers, Ended, How, Launch};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// The first second of 2042.
const IN_2042: i64 = 2_272_147_200;

/// The launcher, which is also the program that asks.
const PROBE: &str = env!("CARGO_BIN_EXE_sage-oci-trace-probe");

/// A working folder and how to start something in it. Nothing may hang: there is a limit.
struct World {
    folder: TempDir,
    launch: Launch,
}

impl World {
    fn of(program: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut launch = Launch::new(PROBE, program);
        launch.arguments = arguments.iter().map(Into::into).collect();
        launch.environment = [("PATH".into(), std::env::var_os("PATH").unwrap())].into();
        launch.directory = folder.path().to_owned();
        launch.stdout = Some(folder.path().join("stdout"));
        launch.stderr = Some(folder.path().join("stderr"));
        launch.limit = Some(Duration::from_secs(60));
        Self { folder, launch }
    }

    /// The program that asks, with what it is to do.
    fn probe(acts: &[&str]) -> Self {
        Self::of(PROBE, acts)
    }

    fn told(mut self, answers: Answers) -> Self {
        self.launch.answers = answers;
        self
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self) -> Ended {
        sage_oci_trace::run(&self.launch).unwrap()
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.path().join("stdout")).unwrap()
    }

    /// Runs it, and gives the lines that it said.
    fn lines(&self) -> (Ended, Vec<String>) {
        let ended = self.run();
        let complaint = std::fs::read_to_string(self.path().join("stderr")).unwrap();
        assert_eq!(ended.how, How::Exited(0), "{complaint}");
        (ended, self.said().lines().map(str::to_owned).collect())
    }
}

/// Compiles a program without shared libraries, as some builders are.
fn static_program(folder: &Path, source: &str) -> PathBuf {
    let (file, program) = (folder.join("program.c"), folder.join("program"));
    std::fs::write(&file, source).unwrap();
    let output =
        std::process::Command::new("cc").args(["-static", "-pthread", "-o"]).arg(&program).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

/// Whether a time is in the minutes after the start of 2042.
#[track_caller]
fn assert_2042(seconds: &str) {
    let since = seconds.trim().parse::<i64>().unwrap() - IN_2042;
    assert!((0..600).contains(&since), "{seconds}");
}
