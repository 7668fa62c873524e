//! All that a program starts is followed.

use crate::{IN_2042, PROBE, World, assert_2042};
use sage_oci_trace::{Answers, Question};

fn at_2042() -> Answers {
    Answers { time: Some(IN_2042), ..Answers::default() }
}

#[test]
fn children_and_theirs_are_told_the_same() {
    let (ended, said) = World::probe(&["clock", "child", "clock", "child", "clock"]).told(at_2042()).lines();
    assert_eq!(said.len(), 3);
    said.iter().for_each(|seconds| assert_2042(seconds));
    assert_eq!(ended.observed.count(&Question::Clock), 3);
    assert_eq!(ended.observed.programs, 3);
}

#[test]
fn threads_are_told_the_same() {
    let (ended, said) = World::probe(&["threads=8"]).told(at_2042()).lines();
    assert_2042(&said[0]);
    assert_eq!(ended.observed.count(&Question::Clock), 800);
    assert_eq!(ended.observed.programs, 1);
}

#[test]
fn a_shell_forks_pipes_and_becomes_another() {
    let script = "date -u +%Y | cat; (date -u +%Y) & wait; exec date -u +%Y";
    let (ended, said) = World::of("sh", &["-c", script]).told(at_2042()).lines();
    assert_eq!(said, ["2042"; 3]);
    assert_eq!(ended.observed.programs, 5);
}

#[test]
fn python_asks_much() {
    let script =
        "import os, time, platform; print(int(time.time()), os.cpu_count(), platform.node(), os.uname().release)";
    let answers = Answers {
        node_name: Some("far".to_owned()),
        release: Some("5.4.0".to_owned()),
        processors: Some(3),
        ..at_2042()
    };
    if which("python3") {
        let (ended, said) = World::of("python3", &["-c", script]).told(answers).lines();
        let words: Vec<&str> = said[0].split(' ').collect();
        assert_2042(words[0]);
        assert_eq!(words[1..], ["3", "far", "5.4.0"]);
        for question in [Question::Clock, Question::Uname, Question::Processors, Question::Random] {
            assert!(ended.observed.count(&question) > 0, "{question}");
        }
    }
}

fn which(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&paths).any(|folder| folder.join(program).exists())
}

#[test]
fn a_hundred_processes_at_once() {
    let script = "i=0; while [ $i -lt 100 ]; do /bin/true & i=$((i+1)); done; wait";
    let (ended, _) = World::of("sh", &["-c", script]).lines();
    assert_eq!(ended.observed.programs, 101);
}

#[test]
fn twenty_in_a_row_and_four_at_once() {
    let run = || {
        for _ in 0..20 {
            let world = World::probe(&["clock", "threads=4", "child", "clock", "threads=2"]).told(at_2042());
            let (ended, _) = world.lines();
            assert_eq!(ended.observed.count(&Question::Clock), 602);
        }
    };
    let (done, ends) = std::sync::mpsc::channel();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let done = done.clone();
            std::thread::spawn(move || {
                run();
                done.send(()).unwrap();
            })
        })
        .collect();
    for _ in 0..threads.len() {
        ends.recv_timeout(std::time::Duration::from_secs(300)).expect("one of them hangs");
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_launcher_is_not_what_is_counted() {
    let ended = World::of(PROBE, &["exit=0"]).run();
    // The program's own start: what its libraries look at, and none of the launcher's.
    assert_eq!(ended.observed.programs, 1);
    assert_eq!(ended.observed.count(&Question::Clock), 0);
}
