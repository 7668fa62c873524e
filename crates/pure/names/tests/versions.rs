//! Debian versions: the parts, the order of policy 5.6.12, and the laws of any order.

use proptest::prelude::*;
use sage_oci_names::DebVersion;
use std::cmp::Ordering;

fn version(text: &str) -> DebVersion {
    DebVersion::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn parts() {
    for (text, epoch, upstream, revision) in [
        ("1.0", 0, "1.0", ""),
        ("1.0-1", 0, "1.0", "1"),
        ("0:1.0-1", 0, "1.0", "1"),
        ("2:1.0-1", 2, "1.0", "1"),
        // The last hyphen counts, and the first colon.
        ("1:2.3-rc1-4", 1, "2.3-rc1", "4"),
        ("1:2:3-4", 1, "2:3", "4"),
        ("5.46-1+b1", 0, "5.46", "1+b1"),
        ("10.3-1~exp1", 0, "10.3", "1~exp1"),
        ("20240101", 0, "20240101", ""),
        ("4294967295:1", u32::MAX, "1", ""),
    ] {
        let version = version(text);
        assert_eq!((version.epoch(), version.upstream(), version.revision()), (epoch, upstream, revision), "{text}");
        assert_eq!(version.to_string(), text, "the text stays as it was written");
    }
}

#[test]
fn what_is_no_version_is_told_why() {
    let epoch = "its epoch must be a small number";
    let none = "it has no upstream version";
    let letters = "only letters, digits and `.+-~:` are allowed";
    let empty = "its revision is empty";
    let before = "it has no upstream version before its revision";
    let colon = "only letters, digits and `.+~` are allowed in a revision";
    for (text, why) in [
        ("", none),
        ("1:", none),
        (":1", epoch),
        ("a:1", epoch),
        ("-1:1", epoch),
        ("+1:1", epoch),
        ("4294967296:1", epoch),
        ("1.0 ", letters),
        ("1_0", letters),
        ("1/0", letters),
        ("1.0\n", letters),
        ("1.é", letters),
        ("${source:Version}", epoch),
        // dpkg: "revision number in version number is empty", "version number is empty".
        ("1.0-", empty),
        ("1:1.0-", empty),
        ("1.0--", empty),
        ("-", before),
        ("-1", before),
        ("1:-1", before),
        ("1:2-3:4", colon),
        ("1:2-:4", colon),
    ] {
        let error = DebVersion::parse(text).expect_err(text).to_string();
        assert_eq!(error, format!("`{text}` is not a valid Debian version: {why}"));
    }
}

/// Runs that rise, as dpkg's own comparison has them (policy 5.6.12, and the examples there).
const RISING: &[&[&str]] = &[
    // A tilde sorts before the end of a part, even before another tilde's end.
    &["1~~~", "1~~", "1~~a", "1~", "1"],
    &["1.0~beta1~svn1245", "1.0~beta1", "1.0"],
    &["1.0~rc1-1", "1.0~rc1-2", "1.0~rc2-1", "1.0-1~bpo12+1", "1.0-1"],
    // Letters before what is no letter.
    &["1-1", "1a", "1b", "1+", "1."],
    &["1A", "1Z", "1a", "1z", "1+"],
    // Numbers as numbers, however long they are.
    &["9", "10", "99", "100"],
    &["1.9", "1.10"],
    &["1.2.3", "1.2.10", "1.10.1"],
    &["18446744073709551615", "18446744073709551616", "99999999999999999999999999999999"],
    // A revision counts only where the upstream parts are equal; none is as one of zero.
    &["1.0-9", "1.1-1"],
    &["1.0", "1.0-0ubuntu1", "1.0-0.1", "1.0-1", "1.0-1+b1", "1.0-1+b2", "1.0-1+deb13u1", "1.0-1.1", "1.0-2"],
    // An epoch wins over everything.
    &["9999-9", "1:0-1", "2:0", "10:0"],
    // As they come in the archive.
    &["2.41-12", "2.41-12+deb13u1", "2.42-1", "2.42-10"],
    &["3.14.0~a1-1", "3.14.0~rc3-1", "3.14.0-1", "3.14.0-2", "3.14.1-1"],
    &["7.0.git20120425.ds1", "7.0.git20120426.ds1"],
];

#[test]
fn policy_order() {
    for run in RISING {
        for (at, low) in run.iter().enumerate() {
            for high in &run[at + 1..] {
                assert!(version(low) < version(high), "{low} < {high}");
                assert!(version(high) > version(low), "{high} > {low}");
                assert_ne!(version(low), version(high));
            }
        }
    }
}

#[test]
fn versions_that_differ_in_text_alone_are_equal() {
    for (left, right) in [
        ("1.0", "0:1.0"),
        ("1.0", "00:1.0"),
        ("1.0", "1.00"),
        ("1.0-1", "1.0-01"),
        ("1.0", "1.0-0"),
        ("1.", "1.0"),
        ("007", "7"),
        ("1.0a0", "1.0a"),
    ] {
        assert_eq!(version(left), version(right), "{left} = {right}");
        assert_eq!(version(left).cmp(&version(right)), Ordering::Equal);
        assert_ne!(version(left).as_str(), version(right).as_str());
    }
}

fn any_version() -> impl Strategy<Value = String> {
    "([0-9]{1,2}:)?[0-9][0-9a-zA-Z.+~]{0,8}(-[0-9a-zA-Z.+~]{1,4})?"
}

proptest! {
    #[test]
    fn the_order_is_total(a in any_version(), b in any_version(), c in any_version()) {
        let (a, b, c) = (version(&a), version(&b), version(&c));
        prop_assert_eq!(a.cmp(&a), Ordering::Equal);
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a == b, a.cmp(&b) == Ordering::Equal);
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
        if a == b {
            prop_assert_eq!(a.cmp(&c), b.cmp(&c), "equal versions stand in one place");
        }
    }

    #[test]
    fn a_tilde_lowers_and_a_plus_raises(text in "[0-9][0-9a-z.+]{0,8}") {
        assert!(version(&format!("{text}~")) < version(&text));
        assert!(version(&format!("{text}~x")) < version(&text));
        assert!(version(&text) < version(&format!("{text}+x")));
        assert!(version(&format!("{text}-1~bpo1")) < version(&format!("{text}-1")));
    }

    #[test]
    fn a_rebuild_is_newer_and_older_than_the_next_upload(text in "[0-9][0-9a-z.]{0,8}", revision in 1_u32..999, build in 1_u32..99) {
        let next = revision + 1;
        assert!(version(&format!("{text}-{revision}")) < version(&format!("{text}-{revision}+b{build}")));
        assert!(version(&format!("{text}-{revision}+b{build}")) < version(&format!("{text}-{next}")));
    }

    #[test]
    fn an_epoch_wins(low in any_version(), high in "[0-9][0-9a-z.~]{0,8}") {
        let above = version(&low).epoch() + 1;
        assert!(version(&low) < version(&format!("{above}:{high}")));
    }

    #[test]
    fn numbers_compare_as_numbers(a in any::<u64>(), b in any::<u64>()) {
        assert_eq!(version(&format!("1.{a}")).cmp(&version(&format!("1.{b}"))), a.cmp(&b));
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        if let Ok(version) = DebVersion::parse(&text) {
            prop_assert_eq!(version.as_str(), &text);
            prop_assert!(version == version.clone());
        }
    }

    #[test]
    fn sorting_is_the_same_whatever_came_first(mut texts in proptest::collection::vec(any_version(), 0..12)) {
        let sorted = |texts: &[String]| {
            let mut versions: Vec<DebVersion> = texts.iter().map(|text| version(text)).collect();
            versions.sort();
            versions
        };
        let forth = sorted(&texts);
        texts.reverse();
        prop_assert_eq!(forth, sorted(&texts));
    }
}
