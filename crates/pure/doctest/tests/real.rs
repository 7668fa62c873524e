//! What `sage -t` of Sage 10.10 wrote of files with failures, a crash, a file that hangs, tabs, and of one that prints what is not UTF-8.

use sage_oci_doctest::{ABSENT, Known, NOTHING, Progress, Run, compare, read};

const LOG: &str = include_str!("failures.txt");
const STATS: &str = include_str!("failures.json");
/// A bit each: failures, a time-out, a signal, tabs.
const EXIT: Option<i64> = Some(1 + 4 + 16 + 32);

fn real() -> Run {
    read(LOG.as_bytes(), Some(STATS.as_bytes()), EXIT)
}

fn files(run: &Run) -> Vec<(&str, u64, usize, Option<&str>)> {
    run.files
        .iter()
        .map(|file| (file.file.as_str(), file.tests, file.failures.len(), file.trouble.as_deref()))
        .collect()
}

#[test]
fn every_file_with_its_verdict() {
    let run = real();
    let expected = [
        ("sage/arith/all.py", 0, 0, None),
        ("sage/arith/bad.py", 11, 11, None),
        ("sage/arith/power.pyx", 16, 0, None),
        ("sage/arith/crash.py", 0, 0, Some("Killed due to abort")),
        ("sage/arith/syntax.py", 0, 0, None),
        ("sage/arith/tabs.py", 1, 0, Some("Error: TAB character found at lines 2,3,4,5")),
        ("sage/arith/slow.py", 0, 0, Some("Timed out")),
    ];
    assert_eq!(files(&run), expected);
    assert_eq!(run.trouble, Vec::<String>::new());
    let skipped: Vec<_> = run.skipped.iter().map(|(file, why)| (file.as_str(), why.as_str())).collect();
    assert_eq!(skipped, [("sage/arith/skipped.py", "it is marked 'nodoctest'")]);
    assert!(run.files[3].output.contains("sage: import os; os.abort() ## line 7 ##\n"), "{}", run.files[3].output);
    let slow = &run.files[6];
    assert_eq!(slow.seconds, 0.0);
    assert!(slow.output.contains("time.sleep(100)") && !slow.output.contains("UID"), "{}", slow.output);
    assert!(!slow.output.contains("Features detected"), "{}", slow.output);
}

#[test]
fn what_a_test_prints_is_no_mark_of_ours() {
    let run = real();
    let bad = &run.files[1];
    let seen: Vec<_> = bad.failures.iter().map(|one| (one.function.as_str(), one.line, one.first_line())).collect();
    let deep = "sage.arith.bad.C.deep";
    let expected = [
        ("sage.arith.bad", 6, "1 + 1"),
        ("sage.arith.bad", 8, r#"print("<a & b> ]]> \x1b[31mred\x1b[0m \x01")"#),
        ("sage.arith.bad.f", 15, r#"raise ValueError("no")"#),
        ("sage.arith.bad.f", 16, r#"print("\xe9\xff")"#),
        ("sage.arith.bad.f", 18, "1 + 1"),
        ("sage.arith.bad.C.m", 26, "for a in range(2):"),
        (deep, 34, r#"print("**********************************************************************")"#),
        (deep, 36, r#"import warnings; warnings.warn("x")"#),
        (deep, 37, "1/0"),
        (deep, 41, r#"print("File \"a.py\", line 3, in sage.b.c\nFailed example:\n    1")"#),
        (deep, 43, "2"),
    ];
    assert_eq!(seen, expected);
    assert_eq!(bad.failures[5].example, "for a in range(2):\n    print(a)");
    assert_eq!(bad.failures[0].text, "Expected:\n    3\nGot:\n    2");
    assert_eq!(
        bad.failures[9].text,
        "Expected:\n    no\nGot:\n    File \"a.py\", line 3, in sage.b.c\n    Failed example:\n        1"
    );
}

#[test]
fn the_list_takes_away_what_it_names() {
    let list = r#"version = 1
[[cause]]
reason = "they are deliberate"
failures = [
  { file = "sage/arith/bad.py", function = "sage.arith.bad.f", example = "1 + 1" },
  { file = "sage/arith/bad.py", function = "sage.arith.bad.C.m", example = "for a in range(2):" },
  { file = "sage/arith/power.pyx", function = "sage.arith.power", example = "1" },
  { file = "sage/arith/slow.py", trouble = "Timed out" },
  { file = "sage/rings/not_tested.py", function = "sage.rings", example = "1" },
]
"#;
    let all = compare(real(), &Known::parse(list).unwrap());
    assert_eq!((all.tests, all.new_failures(), all.known_failures()), (28, 9 + 2, 3));
    let fixed: Vec<_> = all.fixed.iter().map(|fixed| (fixed.file.as_str(), fixed.test.as_str())).collect();
    assert_eq!(fixed, [("sage/arith/power.pyx", "sage.arith.power: 1")]);
    assert!(!all.is_good());
}

/// A test that prints bytes that are not UTF-8 ends all of `sage -t`, with the exit status of a failure.
#[test]
fn a_run_that_breaks_off_is_told() {
    let run = read(include_bytes!("not-utf8.txt"), None, Some(1));
    assert_eq!(run.trouble, ["interrupted: 1/7 files tested", "only 2 of 7 files were tested"]);
    assert_eq!(run.files[1].failures.len(), 3);
    assert!(!compare(run, &Known::default()).is_good());
}

/// A container that was ended in the middle, wherever that is.
#[test]
fn no_beginning_of_a_log_is_good() {
    let log = LOG.as_bytes();
    let end = LOG.find("Total time for all tests").unwrap();
    for cut in 0..=end {
        let run = read(&log[..cut], None, None);
        assert!(!run.trouble.is_empty(), "cut at {cut}");
    }
}

#[test]
fn what_the_log_does_not_say_is_trouble() {
    // A file whose failures are not in the log.
    let log = LOG.replace("Failed example:", "Another word:");
    let run = read(log.as_bytes(), Some(STATS.as_bytes()), EXIT);
    let bad = run.files.iter().find(|file| file.file.as_str() == "sage/arith/bad.py").unwrap();
    assert_eq!(bad.trouble.as_deref(), Some("11 tests failed, and the log tells of 0"));
    // The same with nothing about it at the end.
    let quiet: String =
        log.lines().filter(|line| !line.contains("doctests failed")).map(|line| format!("{line}\n")).collect();
    let run = read(quiet.as_bytes(), Some(STATS.as_bytes()), EXIT);
    let bad = run.files.iter().find(|file| file.file.as_str() == "sage/arith/bad.py").unwrap();
    assert_eq!(bad.trouble.as_deref(), Some("it has failed, and the log does not say how"));
    // An exit status without a failure.
    let run =
        read(b"Doctesting 1 file.\nsage -t a.py\n    [1 test, 0.1 s]\nTotal time for all tests: 1\n", None, Some(64));
    assert_eq!(run.trouble, ["the exit status is 64, and the log names no failure"]);
    let run = read(b"", Some(b"{"), Some(2));
    assert!(
        run.trouble.iter().any(|trouble| trouble.starts_with("the statistics cannot be read")),
        "{:?}",
        run.trouble
    );
}

/// A report of a slow test looks like a failure, is none, and has no line of stars behind it.
#[test]
fn a_slow_test_has_not_failed() {
    let stars = "*".repeat(70);
    let slow = |line: u64| {
        format!(
            "{stars}\nFile \"/usr/lib/python3/dist-packages/sage/groups/g.py\", line {line}, in sage.groups.g.C.iteration\n\
             Warning: slow doctest:\n    [1 for x in A.iteration(algorithm='BFS')]\n    Timed out\n\
             Test ran for 15.42s cpu, 34.93s wall\nCheck ran for 0.00s cpu, 0.00s wall\n"
        )
    };
    let command = "python3 -m sage.doctest --warn-long 5.0 --random-seed=0 /usr/lib/python3/dist-packages/sage/groups";
    let log = format!(
        "Doctesting 2 files using 2 threads.\n{command}/g.py\n{}{}    [1011 tests, 139.53s wall]\n{command}/h.pyx\n    [415 tests, 4.73s wall]\n\
         Total time for all tests: 1 seconds\n",
        slow(1230),
        slow(1232)
    );
    let run = read(log.as_bytes(), None, Some(0));
    assert_eq!(files(&run), [("sage/groups/g.py", 1011, 0, None), ("sage/groups/h.pyx", 415, 0, None)]);
    assert_eq!((run.trouble.len(), run.files[0].seconds), (0, 139.53));
}

#[test]
fn sage_9_5_says_it_in_other_words() {
    let log = b"no stored timings available\nDoctesting 1 file.\n\
        sage -t --long --warn-long 73.3 --random-seed=0 /usr/lib/python3/dist-packages/sage/arith/power.pyx\n    [16 tests, 0.03 s]\n\
        ----------------------------------------------------------------------\nAll tests passed!\n\
        ----------------------------------------------------------------------\nTotal time for all tests: 0.1 seconds\n";
    let stats = br#"{"sage.arith.power": {"walltime": 0.5}}"#;
    let run = read(log, Some(stats), Some(0));
    assert_eq!(files(&run), [("sage/arith/power.pyx", 16, 0, None)]);
    assert_eq!((run.files[0].seconds, run.trouble.len()), (0.5, 0));
}

#[test]
fn bytes_that_are_not_utf_8_end_nothing() {
    let mut log = LOG.as_bytes().to_vec();
    let at = LOG.find("Got:\n    2").unwrap() + 9;
    log.splice(at..at, [0xff, 0xfe, 0x1b, 0]);
    let run = read(&log, Some(STATS.as_bytes()), EXIT);
    assert_eq!(files(&run), files(&real()));
    assert!(run.files[1].failures[0].text.contains('\u{fffd}'));
}

#[test]
fn how_far_it_is_however_the_log_is_cut() {
    for size in [1, 7, 1000, LOG.len()] {
        let mut progress = Progress::default();
        LOG.as_bytes().chunks(size).for_each(|part| progress.hear(part));
        assert_eq!((progress.done(), progress.all()), (7, Some(7)), "{size}");
    }
}

#[test]
fn what_the_image_does_not_have_is_named() {
    let log = format!("{ABSENT}sage/gone.py\n{NOTHING}\n");
    let run = read(log.as_bytes(), None, Some(0));
    assert_eq!(run.absent.iter().map(|file| file.as_str()).collect::<Vec<_>>(), ["sage/gone.py"]);
    assert_eq!((run.trouble.len(), run.files.len()), (0, 0));
}

/// Upstream's own text of 10.10, for whose failures the committed list was written; the log of twenty files.
#[test]
fn the_committed_list_is_that_of_the_release() {
    let known = Known::parse(include_str!("../../../../nix/images/checks/doctests-10.10.toml")).unwrap();
    let run = read(include_bytes!("upstream-10.10.txt"), None, Some(1));
    assert_eq!((run.files.len(), run.tests(), run.failures()), (20, 10_476, 19));
    let all = compare(run, &known);
    let new: Vec<_> = all.files.iter().flat_map(|file| &file.new).collect();
    assert!(all.is_good() && new.is_empty(), "{new:#?} {:?}", all.trouble);
    // Six more fail only in commits that are newer than the release.
    assert_eq!(all.known_failures() as u64, known.count() - 6);
}
