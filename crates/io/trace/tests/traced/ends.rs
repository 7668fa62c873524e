//! How traced programs end, and that nothing is left of them.

use crate::{PROBE, World, static_program};
use sage_oci_trace::How;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Whether there is a process of this number; a zombie is one.
fn lives(process: &str) -> bool {
    Path::new("/proc").join(process.trim()).exists()
}

/// Waits for a process to be gone, which the system may do a moment later.
#[track_caller]
fn assert_gone(process: &str) {
    let start = Instant::now();
    while lives(process) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.trim())).unwrap_or_default();
        assert!(start.elapsed() < Duration::from_secs(10), "{status}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn by_itself() {
    assert_eq!(World::probe(&["exit=7"]).run().how, How::Exited(7));
    assert!(World::probe(&["exit=0"]).run().how.succeeded());
}

#[test]
fn by_a_signal() {
    assert_eq!(World::probe(&["abort"]).run().how, How::Killed(6));
    assert_eq!(World::of("sh", &["-c", "kill -TERM $$"]).run().how, How::Killed(15));
    assert_eq!(World::of("sh", &["-c", "kill -KILL $$"]).run().how, How::Killed(9));
    // That of a child is its parent's affair.
    assert_eq!(World::of("sh", &["-c", "(kill -TERM $$) ; exit 3"]).run().how, How::Killed(15));
    assert_eq!(World::of("sh", &["-c", "sh -c 'kill -TERM $$'; exit 3"]).run().how, How::Exited(3));
}

#[test]
fn signals_arrive_and_stops_end_at_once() {
    let world = World::of("sh", &["-c", "trap 'echo caught' USR1; kill -USR1 $$; kill -STOP $$; echo on"]);
    assert_eq!(world.lines().1, ["caught", "on"]);
}

#[test]
fn out_of_time_with_all_that_it_started() {
    let mut world = World::of("sh", &["-c", "sleep 1000 & echo $!; sleep 1000"]);
    world.launch.limit = Some(Duration::from_millis(700));
    let start = Instant::now();
    assert_eq!(world.run().how, How::OutOfTime);
    assert!(start.elapsed() < Duration::from_secs(30));
    assert_gone(&world.said());
}

#[test]
fn what_is_left_running_is_ended() {
    let world = World::of("sh", &["-c", "sleep 1000 & echo $!"]);
    let start = Instant::now();
    let (_, said) = world.lines();
    assert!(start.elapsed() < Duration::from_secs(30));
    assert_gone(&said[0]);
}

#[test]
fn no_zombie_is_left() {
    let world = World::of("sh", &["-c", "echo $$; for i in 1 2 3; do sleep 0 & echo $!; done; exit 1"]);
    assert_eq!(world.run().how, How::Exited(1));
    let said = world.said();
    assert_eq!(said.lines().count(), 4);
    said.lines().for_each(assert_gone);
}

/// A program that sends itself a signal for which there is no name.
const REAL_TIME_SIGNAL: &str = r"
#include <signal.h>
#include <unistd.h>
int main(void) { signal(40, SIG_IGN); raise(40); pause(); return 0; }
";

#[test]
fn a_signal_that_cannot_be_passed_on_ends_the_run() {
    let mut world = World::probe(&[]);
    world.launch.program = static_program(world.path(), REAL_TIME_SIGNAL);
    let error = sage_oci_trace::run(&world.launch).unwrap_err();
    assert_eq!(error.to_string(), "a traced program got signal 40, which cannot be passed on");
    assert!(!error.is_not_allowed());
}

#[test]
fn who_kills_the_tracer_kills_the_program() {
    // The test runs itself as another process that does nothing but trace a program that never ends.
    if let Some(stdout) = std::env::var_os("TRACED_FOR_EVER") {
        let mut world = World::of("sh", &["-c", "sleep 1000 & echo $! $$; wait"]);
        world.launch.stdout = Some(stdout.into());
        world.run();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let stdout = folder.path().join("stdout");
    let mut tracer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ends::who_kills_the_tracer_kills_the_program"])
        .env("TRACED_FOR_EVER", &stdout)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let numbers = loop {
        let said = std::fs::read_to_string(&stdout).unwrap_or_default();
        if said.ends_with('\n') {
            break said;
        }
        assert!(start.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(numbers.split_whitespace().all(lives));
    tracer.kill().unwrap();
    assert_eq!(tracer.wait().unwrap().signal(), Some(9));
    numbers.split_whitespace().for_each(assert_gone);
}

#[test]
fn a_program_without_a_tracer_is_itself() {
    // The same acts with and without one: the same output and status.
    for acts in [&["processors", "list=/sys/kernel", "exit=3"][..], &["read=/etc/passwd", "child", "exit=9"]] {
        let plain = Command::new(PROBE).args(acts).output().unwrap();
        let world = World::probe(acts);
        let how = world.run().how;
        assert_eq!(how, How::Exited(plain.status.code().unwrap()));
        assert_eq!(world.said().as_bytes(), plain.stdout);
    }
}
