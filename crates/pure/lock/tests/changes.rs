//! What `diff` and `why` tell, line by line.

use sage_oci_lock::{Lock, Python, Reason};
use sage_oci_names::PackageName;
use std::collections::BTreeSet;

const SAMPLE: &str = include_str!("locks/format-2.json");

fn name(text: &str) -> PackageName {
    PackageName::parse(text).unwrap()
}

/// The lines from the sample to the sample with one change.
fn lines(change: impl FnOnce(&mut Lock)) -> Vec<String> {
    let old = Lock::parse(SAMPLE).unwrap();
    let mut new = old.clone();
    change(&mut new);
    new.diff(&old).lines()
}

#[test]
fn nothing() {
    assert_eq!(lines(|_| {}), ["nothing changes"]);
    // Another state of the archive with the same packages, as long as the time stamp of files stays.
    assert_eq!(lines(|lock| lock.suites[1].date = "2026-10-30T08:00:01Z".to_owned()), ["nothing changes"]);
}

#[test]
fn a_package_comes() {
    let changes = lines(|lock| {
        let mut zlib = lock.packages[1].clone();
        (zlib.name, zlib.size) = (name("zlib1g"), 1_500);
        zlib.sha256 = "f".repeat(64).parse().unwrap();
        lock.packages.push(zlib);
        lock.layers[0].fetch.size += 1_500;
    });
    assert_eq!(
        changes,
        [
            "0 changed, 1 added, 0 removed",
            "1.5 kB to fetch for a build, about 1.8 kB to pull in 1 layers",
            "+ zlib1g 2.43-1 in base (1.5 kB)",
            "layer base: 1 archives differ, 1.8 kB in all",
        ]
    );
}

#[test]
fn a_package_goes_with_its_layer() {
    let changes = lines(|lock| {
        lock.packages.pop();
        lock.layers.pop();
        lock.effects.pop();
    });
    assert_eq!(
        changes,
        [
            "0 changed, 0 added, 1 removed",
            "0 B to fetch for a build, about 0 B to pull in 0 layers",
            "- tool 1:2.1-3 in tool (50 B)",
            "layer tool: gone",
            "effects: 0 new, 1 gone",
        ]
    );
}

#[test]
fn a_package_changes() {
    let bumped = |version: &'static str| {
        lines(|lock| {
            lock.packages[1].version = version.parse().unwrap();
            lock.packages[1].sha256 = "f".repeat(64).parse().unwrap();
        })
        .pop()
        .unwrap()
    };
    assert_eq!(bumped("2.43-2"), "~ libc6 2.43-1 -> 2.43-2 in base (200 B)");
    assert_eq!(bumped("2.43-1~bpo1"), "~ libc6 2.43-1 -> 2.43-1~bpo1 (downgrade) in base (200 B)");
    assert_eq!(bumped("1:1"), "~ libc6 2.43-1 -> 1:1 in base (200 B)");
    // The same version with other bytes: somebody built it again.
    assert_eq!(bumped("2.43-1"), "~ libc6 2.43-1 rebuilt in base (200 B)");
    // A new version with the same bytes is nothing to fetch, and no archive differs.
    assert_eq!(
        lines(|lock| lock.packages[1].version = "3".parse().unwrap()),
        [
            "0 changed, 0 added, 0 removed",
            "0 B to fetch for a build, about 0 B to pull in 0 layers",
            "= libc6 differs in version"
        ]
    );
}

#[test]
fn a_package_moves() {
    let changes = lines(|lock| {
        lock.packages[2].layer = lock.layers[0].name.clone();
        lock.layers[0].fetch.size = 350;
        lock.layers.pop();
    });
    assert_eq!(
        changes,
        [
            "0 changed, 0 added, 0 removed",
            "0 B to fetch for a build, about 350 B to pull in 1 layers",
            "> tool moves to another layer",
            "layer base: 1 archives differ, 350 B in all",
            "layer tool: gone",
        ]
    );
}

#[test]
fn what_is_left_out_changes() {
    let last = |change: fn(&mut Lock)| lines(change).pop().unwrap();
    let line = "! tool-doc is left out in one lock only, or differently";
    assert_eq!(last(|lock| lock.omitted.clear()), line);
    assert_eq!(last(|lock| lock.omitted[0].reason = "other".into()), line);
    assert_eq!(last(|lock| lock.omitted[0].provides.clear()), line);
}

#[test]
fn effects_change() {
    assert_eq!(lines(|lock| drop(lock.effects.pop())).pop().unwrap(), "effects: 0 new, 1 gone");
    let other = |lock: &mut Lock| lock.effects[0].package = name("tool");
    assert_eq!(lines(other).pop().unwrap(), "effects: 1 new, 1 gone");
}

#[test]
fn sizes_are_decimal() {
    let size = |bytes: u64| {
        let line = lines(|lock| {
            lock.packages[1].size = bytes;
            lock.packages[1].sha256 = "f".repeat(64).parse().unwrap();
        });
        line[1].split(" to fetch").next().unwrap().to_owned()
    };
    for (bytes, text) in [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (1_999, "1.9 kB"),
        (999_999, "999.9 kB"),
        (1_000_000, "1.0 MB"),
        (999_999_999, "999.9 MB"),
        (1_000_000_000, "1.00 GB"),
        (12_345_678_901, "12.34 GB"),
    ] {
        assert_eq!(size(bytes), text);
    }
}

#[test]
fn told_packages_are_not_told_again() {
    let old = Lock::parse(SAMPLE).unwrap();
    let mut new = old.clone();
    for package in &mut new.packages {
        package.sha256 = "f".repeat(64).parse().unwrap();
    }
    let told = [name("dash"), name("tool")];
    let told: BTreeSet<&PackageName> = told.iter().collect();
    let lines = new.diff(&old).lines_beside(&told);
    let rest: Vec<&String> = lines.iter().filter(|line| line.starts_with('~')).collect();
    assert_eq!(rest, ["~ libc6 2.43-1 rebuilt in base (200 B)"]);
    assert_eq!(lines[0], "3 changed, 0 added, 0 removed", "the sum counts all of them");
}

#[test]
fn a_diff_adds_up_and_turns_round() {
    let old = Lock::parse(SAMPLE).unwrap();
    let mut new = old.clone();
    new.packages[0].sha256 = "f".repeat(64).parse().unwrap();
    new.packages[0].version = "0.5.13-1".parse().unwrap();
    new.packages.remove(2);
    new.layers.remove(1);
    let (forth, back) = (new.diff(&old), old.diff(&new));
    assert_eq!((&forth.added, &forth.removed), (&back.removed, &back.added));
    assert_eq!(
        (forth.changed[0].from.as_str(), forth.changed[0].downgrade, back.changed[0].downgrade),
        (back.changed[0].to.as_str(), false, true)
    );
    assert_eq!(forth.fetch_bytes, 100);
    assert_eq!(back.fetch_bytes, 150);
}

#[test]
fn every_chain_to_a_package_is_told() {
    let mut lock = Lock::parse(SAMPLE).unwrap();
    let lines = |lock: &Lock, of: &str| lock.why(&name(of)).unwrap().lines();
    // Two ways to the same package: the shorter one is told.
    lock.packages[2].depends = vec![name("dash"), name("libc6")];
    assert_eq!(lines(&lock, "libc6"), ["libc6 2.43-1 in layer base", "  tool -> libc6", "  needed by dash, tool"]);
    // A package that is asked for and needed as well.
    lock.packages[1].reason = Reason::Wanted;
    assert_eq!(
        lines(&lock, "libc6"),
        ["libc6 2.43-1 in layer base", "  asked for", "  tool -> libc6", "  needed by dash, tool"]
    );
    // A cycle ends.
    lock.packages[1].depends = vec![name("tool")];
    assert_eq!(lines(&lock, "tool")[1], "  libc6 -> tool");
    assert_eq!(lock.why(&name("moon")), None);
}

#[test]
fn a_python_is_the_packages_that_it_needs() {
    let mut lock = Lock::parse(SAMPLE).unwrap();
    assert_eq!(lock.python(), None, "no package called python3-minimal");
    let mut add = |called: &str, depends: &[&str]| {
        let mut package = lock.packages[0].clone();
        package.name = name(called);
        package.depends = depends.iter().map(|depend| name(depend)).collect();
        lock.packages.push(package);
    };
    add("python3-minimal", &["dash", "python3.14-minimal"]);
    add("python3.14-minimal", &["libc6", "libpython3.14-minimal"]);
    add("libpython3.14-minimal", &["python3.14-minimal"]);
    add("libpython3.14-stdlib", &["mime-support"]);
    let found = lock.python().unwrap();
    assert_eq!(found.version, "3.14");
    let names: Vec<&str> = found.packages.iter().map(PackageName::as_str).collect();
    assert_eq!(
        names,
        ["libc6", "libpython3.14-minimal", "libpython3.14-stdlib", "python3.14-minimal"],
        "not what python3-minimal needs beside it, and not what is left out"
    );
    assert_eq!(Python::roots("3.9"), ["python3.9-minimal".to_owned(), "libpython3.9-stdlib".to_owned()]);
    // `python-minimal` and `python3-minimal` are no versions.
    let minimal = lock.packages.iter_mut().find(|package| package.name.as_str() == "python3-minimal").unwrap();
    minimal.depends = vec![name("python-minimal"), name("python3-minimal")];
    assert_eq!(lock.python(), None);
}
