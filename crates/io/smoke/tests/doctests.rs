//! Sage's own tests as checks in reports: what the log holds cannot break a report, and what is known does not count.

use sage_oci_doctest::{Comparison, Known, compare, read};
use sage_oci_smoke::{Report, Verdict, details, doctest_summary, to_json, to_junit, to_outcomes};
use std::collections::BTreeMap;
use std::time::Duration;

const LOG: &[u8] = include_bytes!("../../../pure/doctest/tests/failures.txt");
const STATS: &[u8] = include_bytes!("../../../pure/doctest/tests/failures.json");

const LIST: &str = r#"version = 1
[[cause]]
reason = "arithmetic is <hard>"
failures = [
  { file = "sage/arith/bad.py", function = "sage.arith.bad", example = "1 + 1" },
  { file = "sage/arith/tabs.py", trouble = "Error: TAB character found at lines 2,3,4,5" },
  { file = "sage/arith/power.pyx", function = "sage.arith.power", example = "2^3", count = 2 },
]
"#;

fn compared(log: &[u8]) -> Comparison {
    compare(read(log, Some(STATS), Some(53)), &Known::parse(LIST).unwrap())
}

fn report(comparison: Comparison) -> Report {
    let checks = to_outcomes(&comparison, true);
    Report {
        image: "image:1".to_owned(),
        seconds: 10.0,
        checks,
        contract: Vec::new(),
        doctests: Some(comparison),
        about: BTreeMap::new(),
    }
}

#[test]
fn a_check_a_file() {
    let report = report(compared(LOG));
    let seen: Vec<_> = report.checks.iter().map(|one| (one.name.as_str(), one.result, one.message.as_str())).collect();
    use Verdict::{Failed, Passed, Skipped, TimedOut};
    let expected = [
        ("sage/arith/all.py", Passed, ""),
        ("sage/arith/bad.py", Failed, "10 of 11 tests failed, 1 failure known"),
        ("sage/arith/crash.py", Failed, "Killed due to abort"),
        ("sage/arith/power.pyx", Passed, ""),
        ("sage/arith/slow.py", TimedOut, "Timed out"),
        ("sage/arith/syntax.py", Passed, ""),
        ("sage/arith/tabs.py", Passed, "1 failure known"),
        ("sage/arith/skipped.py", Skipped, "it is marked 'nodoctest'"),
    ];
    assert_eq!(seen, expected);
    let text = details(&report.checks[1]);
    assert!(text.contains("        $ sage -t --random-seed=0 sage/arith/bad.py\n"), "{text}");
    assert!(text.contains("| sage: for a in range(2):\n        | ....:     print(a)\n"), "{text}");
    assert!(text.ends_with("| known: sage.arith.bad: 1 + 1 (arithmetic is <hard>)"), "{text}");
}

#[test]
fn the_last_lines_say_what_is_new_known_and_mended() {
    let lines = doctest_summary("image:1", &compared(LOG), Duration::from_secs(10));
    let expected = [
        "fixed: sage/arith/power.pyx: sage.arith.power: 2^3, 2 times (listed as: arithmetic is <hard>)",
        "image:1: 28 tests of 7 files in 10 s: 12 new failures, 2 known, 1 fixed",
    ];
    assert_eq!(lines, expected);
    let cut = doctest_summary("image:1", &compared(&LOG[..2000]), Duration::from_secs(10));
    assert!(cut.last().unwrap().ends_with("NOT COMPLETE"), "{cut:?}");
}

#[test]
fn nothing_in_a_log_breaks_a_report() {
    let mut log = LOG.to_vec();
    // In the second failure: the first is known, and not shown.
    let got: Vec<_> = LOG.windows(8).enumerate().filter(|(_, bytes)| bytes == b"Got:\n   ").collect();
    let at = got[1].0 + 9;
    log.splice(at..at, *b"\xff\xfe\x1b[31m\x00\x07]]>&<!\xed\xa0\x80");
    let mut report = report(compared(&log));
    report.about.insert("revision.tag".to_owned(), "a\"<b".to_owned());
    let xml = to_junit(std::slice::from_ref(&report)).unwrap();
    let bad = |c: char| c.is_control() && c != '\n' && c != '\t';
    assert!(!xml.contains(bad), "{xml}");
    assert!(xml.contains("]]&gt;&amp;&lt;!"), "{xml}");
    assert!(xml.contains(r#"<property name="revision.tag" value="a&quot;&lt;b"/>"#), "{xml}");
    assert!(xml.contains(r#"tests="8" skipped="1" failures="3" errors="0""#), "{xml}");
    let json: serde_json::Value = serde_json::from_str(&to_json(&[report])).unwrap();
    let doctests = &json["images"][0]["doctests"];
    assert_eq!(doctests["tests"], 28);
    assert_eq!(doctests["files"][1]["new"][0]["line"], 8);
    assert_eq!(doctests["files"][1]["known"][0]["reason"], "arithmetic is <hard>");
    assert_eq!(doctests["fixed"][0]["count"], 2);
}

#[test]
fn what_is_not_there_counts_where_a_person_has_named_it() {
    let log = format!("{}sage/gone.py\n{}\n", sage_oci_doctest::ABSENT, sage_oci_doctest::NOTHING);
    let comparison = compare(read(log.as_bytes(), None, Some(0)), &Known::default());
    let result = |named| to_outcomes(&comparison, named)[0].result;
    assert_eq!((result(true), result(false)), (Verdict::Broken, Verdict::Skipped));
}

#[test]
fn a_run_that_broke_off_is_broken() {
    let log = include_bytes!("../../../pure/doctest/tests/not-utf8.txt");
    let report = report(compare(read(log, None, Some(1)), &Known::default()));
    let broken: Vec<_> = report.checks.iter().filter(|one| one.result == Verdict::Broken).collect();
    assert_eq!(
        broken.iter().map(|one| one.message.as_str()).collect::<Vec<_>>(),
        ["interrupted: 1/7 files tested", "only 2 of 7 files were tested"]
    );
    assert!(!report.is_good());
}
