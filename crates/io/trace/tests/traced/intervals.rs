//! Which output file came after a question.

use crate::World;
use sage_oci_trace::{Ended, Question};
use std::path::PathBuf;

/// How often a question was asked, with the files before and after.
fn asked(ended: &Ended, question: &Question) -> Vec<(Option<String>, Option<String>, u64)> {
    let text = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let intervals = ended.observed.asked(question);
    intervals.map(|(interval, count)| (text(&interval.after), text(&interval.before), count)).collect()
}

fn world(acts: &[&str]) -> World {
    let mut world = World::probe(acts);
    let out = world.path().join("out");
    std::fs::create_dir(&out).unwrap();
    world.launch.outputs = vec![out, world.path().join("contents")];
    world
}

fn file(name: &str) -> Option<String> {
    Some(name.to_owned())
}

#[test]
fn a_question_lies_between_two_files() {
    let acts = ["clock", "write=out/a", "clock", "clock", "write=elsewhere", "write=out/b", "write=contents", "clock"];
    let (ended, _) = world(&acts).lines();
    let expected = [(None, file("out/a"), 1), (file("out/a"), file("out/b"), 2), (file("contents"), None, 1)];
    assert_eq!(asked(&ended, &Question::Clock), expected);
}

#[test]
fn a_file_may_get_its_name_at_the_end() {
    let (ended, _) = world(&["write=temporary", "clock", "rename=temporary:out/blob", "exit=0"]).lines();
    assert_eq!(asked(&ended, &Question::Clock), [(None, file("out/blob"), 1)]);
}

#[test]
fn reading_an_output_is_no_writing() {
    let (ended, _) = world(&["write=out/a", "clock", "read=out/a", "write=out/b"]).lines();
    assert_eq!(asked(&ended, &Question::Clock), [(file("out/a"), file("out/b"), 1)]);
}

#[test]
fn files_are_named_from_a_folder_too() {
    let (ended, _) =
        world(&["enter=out", "read=/proc/sys/kernel/ostype", "write=./x", "child", "write=../out/y"]).lines();
    let question = Question::Proc("/proc/sys/kernel/ostype".into());
    assert_eq!(asked(&ended, &question), [(None, file("out/x"), 1)]);
    // What starting the child asked was before its file.
    assert!(ended.observed.intervals.iter().any(|interval| interval.before == Some("out/y".into())));
}

#[test]
fn what_is_open_in_a_child_counts_as_well() {
    let (ended, _) = world(&["child", "clock", "write=out/a"]).lines();
    assert_eq!(asked(&ended, &Question::Clock), [(None, file("out/a"), 1)]);
}

#[test]
fn files_of_the_kernel_are_named() {
    let (ended, _) =
        world(&["read=/proc/self/status", "write=out/a", "read=/proc/cpuinfo", "list=/sys/kernel"]).lines();
    let (before, after) = ((None, file("out/a"), 1), (file("out/a"), None, 1));
    assert_eq!(asked(&ended, &Question::Proc("/proc/self/status".into())), [before]);
    assert_eq!(asked(&ended, &Question::Sys("/sys/kernel".into())), std::slice::from_ref(&after));
    // The start of a program asks, too.
    assert_eq!(asked(&ended, &Question::Processors).last(), Some(&after));
}
