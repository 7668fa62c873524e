//! Format, consistency, explanation and comparison of locks, on the kept samples of each format.

use sage_oci_hint::Hint as _;
use sage_oci_lock::{Lock, LockError, LockFile, LockedCompilers, LockedInterpreter, Reason};
use sage_oci_names::PackageName;

const SAMPLE: &str = include_str!("locks/format-2.json");

const WITH_INTERPRETER: &str = include_str!("locks/format-2-interpreters.json");

const WITH_COMPILERS: &str = include_str!("locks/format-2-compilers.json");

fn name(text: &str) -> PackageName {
    PackageName::parse(text).unwrap()
}

fn sample() -> Lock {
    Lock::parse(SAMPLE).unwrap()
}

#[test]
fn format_1_is_read_and_becomes_format_2() {
    let old = include_str!("locks/format-1.json");
    assert_eq!(Lock::parse(old).unwrap().to_text(), include_str!("locks/format-1-upgraded.json"));
    let old = include_str!("locks/format-1-interpreters.json");
    assert_eq!(Lock::parse(old).unwrap().to_text(), WITH_INTERPRETER);
    // Neither format takes what is the other's alone.
    let error = Lock::parse(&SAMPLE.replace("\"format\": 2", "\"format\": 1")).unwrap_err().to_string();
    assert!(error.contains("suites"), "{error}");
    let error = Lock::parse(&old.replace("\"format\": 1", "\"format\": 2")).unwrap_err().to_string();
    assert!(error.contains("archive"), "{error}");
}

#[test]
fn a_file_is_known_by_its_own_text_whatever_its_format() {
    let old = include_str!("locks/format-1.json");
    let file = LockFile::parse(old.to_owned()).unwrap();
    assert_eq!((file.text(), file.format(), file.clone().into_lock().format), (old, 1, 2));
    // `sha256sum crates/pure/lock/tests/locks/format-1.json`
    assert_eq!(file.digest().to_string(), "sha256:622374a8b99b94d628a83693011578b7d45bd6838449c9c5f1cf121491212a4d");
    let new = LockFile::from(file.clone().into_lock());
    assert_eq!((new.text(), new.format()), (include_str!("locks/format-1-upgraded.json"), 2));
    assert_ne!(new.digest(), file.digest());
    let newer = old.replacen("\"format\": 1", "\"format\": 3", 1);
    assert!(matches!(LockFile::parse(newer), Err(LockError::Newer { found: 3, known: 2 })));
}

#[test]
fn a_package_comes_from_the_mirrors_of_its_suite() {
    let lock = sample();
    let mirrors = |wanted: &str| {
        let package = lock.packages.iter().find(|package| package.name == name(wanted)).unwrap();
        &lock.mirrors(package.suite.as_deref())[0]
    };
    assert_eq!(
        (mirrors("libc6").as_str(), mirrors("tool").as_str()),
        ("http://deb.debian.org/debian", "http://deb.debian.org/debian-security")
    );
}

#[test]
fn dates_alone_make_no_difference() {
    let old = sample();
    let mut new = sample();
    new.epoch += 1;
    new.suites[1].date = "2026-10-30T09:00:00Z".to_owned();
    new.suites[1].mirrors.pop();
    assert!(new != old && new.is_same_but_for_dates(&old));
    new.suites[1].security = false;
    assert!(!new.is_same_but_for_dates(&old));
    let mut new = sample();
    new.packages[0].size += 1;
    assert!(!new.is_same_but_for_dates(&old));
}

#[test]
fn a_diff_marks_what_mends_security() {
    let old = sample();
    let mut new = sample();
    (new.packages[2].version, new.packages[2].sha256) = ("1:2.1-4".parse().unwrap(), new.packages[0].sha256);
    let diff = new.diff(&old);
    assert!(diff.changed[0].security);
    assert!(
        diff.lines().contains(&"~ tool 1:2.1-3 -> 1:2.1-4 in tool (50 B), security".to_owned()),
        "{:?}",
        diff.lines()
    );
    let told = [name("tool")];
    assert!(diff.lines_beside(&told.iter().collect()).iter().all(|line| !line.starts_with('~')));
}

#[test]
fn format_2_round_trips_byte_for_byte() {
    assert_eq!(sample().to_text(), SAMPLE);
    let mut empty = sample();
    (empty.omitted, empty.effects) = (Vec::new(), Vec::new());
    assert_eq!(Lock::parse(&empty.to_text()).unwrap(), empty);
    assert!(empty.to_text().ends_with("  \"omitted\": [],\n  \"effects\": []\n}\n"));
}

#[test]
fn a_newer_format_is_refused_even_with_unknown_fields() {
    let text = SAMPLE.replace("\"format\": 2,", "\"format\": 3, \"moons\": [],");
    let error = Lock::parse(&text).unwrap_err();
    assert!(matches!(error, LockError::Newer { found: 3, known: 2 }), "{error}");
    assert!(error.hint().unwrap().contains("update"));
}

#[test]
fn wrong_text_names_its_line() {
    let text = SAMPLE.replace("\"epoch\": 1793348474", "\"epoch\": \"now\"");
    let message = Lock::parse(&text).unwrap_err().to_string();
    assert!(message.contains("line 5"), "{message}");
    assert!(matches!(Lock::parse("garbage"), Err(LockError::Syntax { line: 1, .. })));
}

#[test]
fn contradictions_are_named() {
    type Spoil = fn(&mut Lock);
    let cases: [(&str, Spoil); 20] = [
        ("`dash`", |lock| lock.packages.swap(0, 1)),
        ("`libc6`, which is not locked", |lock| {
            lock.packages.remove(1);
            lock.layers[0].fetch.size = 100;
        }),
        ("layer `base` is there twice", |lock| lock.layers.push(lock.layers[0].clone())),
        ("layer `base` has 300 bytes", |lock| lock.layers[0].fetch.size = 1),
        ("does not list its source `glibc`", |lock| drop(lock.layers[0].sources.pop_last())),
        ("layer `tool` is empty", |lock| {
            lock.packages[2].layer = lock.layers[0].name.clone();
            lock.layers[0].fetch.size = 350;
        }),
        ("architecture `../x`", |lock| lock.packages[0].architecture = "../x".into()),
        ("the path `../x`", |lock| lock.packages[0].path = "../x".into()),
        ("`zz`, which is not locked", |lock| lock.packages[2].depends.push(name("zz"))),
        ("depends on are not sorted", |lock| lock.packages[2].depends.insert(0, name("libc6"))),
        ("`zz`, which is not locked", |lock| lock.packages[2].reason = Reason::RequiredBy(name("zz"))),
        ("suite `sid` has no mirrors", |lock| lock.suites[0].mirrors.clear()),
        ("suite `sid` is there twice", |lock| lock.suites[1].suite = "sid".into()),
        ("it has no suites", |lock| lock.suites.clear()),
        ("`tool` names the suite `moon`", |lock| lock.packages[2].suite = Some("moon".into())),
        ("`tool` names the suite `sid`", |lock| lock.packages[2].suite = Some("sid".into())),
        ("out of order", |lock| lock.images.values_mut().for_each(|plan| plan.layers.reverse())),
        ("locked and omitted", |lock| lock.omitted[0].name = name("dash")),
        ("`zz`, which is not locked", |lock| lock.effects[0].package = name("zz")),
        ("has elsewhere", |lock| {
            lock.images.values_mut().for_each(|plan| drop(plan.layers.pop()));
        }),
    ];
    for (expected, spoil) in cases {
        let mut lock = sample();
        spoil(&mut lock);
        let message = lock.check().expect_err(expected).to_string();
        assert!(message.contains(expected), "{expected}: {message}");
    }
}

#[test]
fn an_interpreter_for_other_machines_round_trips_and_is_checked() {
    let sample = Lock::parse(WITH_INTERPRETER).unwrap();
    assert_eq!(sample.to_text(), WITH_INTERPRETER);
    let python = sample.python().unwrap();
    let packages: Vec<&str> = python.packages.iter().map(PackageName::as_str).collect();
    assert_eq!((python.version.as_str(), &packages[..]), ("3.14", &["libc6", "python3.14-minimal"][..]));

    type Spoil = fn(&mut LockedInterpreter);
    let cases: [(&str, Spoil); 6] = [
        ("is Python 3.13, the images' own is 3.14", |python| python.version = "3.13".into()),
        ("not sorted at `libc6`", |python| python.packages.swap(0, 1)),
        ("is for architecture `arm64`", |python| python.packages[0].architecture = "arm64".into()),
        ("has the path `/x`", |python| python.packages[0].path = "/x".into()),
        ("names the suite `moon`", |python| python.packages[0].suite = Some("moon".into())),
        ("has 90 bytes of archives, its fetch says 91", |python| python.fetch.size = 91),
    ];
    for (expected, spoil) in cases {
        let mut lock = sample.clone();
        lock.interpreters.values_mut().for_each(spoil);
        let message = lock.check().expect_err(expected).to_string();
        assert!(message.contains(expected), "{expected}: {message}");
    }
    let mut lock = sample.clone();
    lock.interpreters = lock.interpreters.into_values().map(|python| (lock.architecture, python)).collect();
    assert!(lock.check().unwrap_err().to_string().contains("the lock's own architecture"));

    lock.interpreters.clear();
    assert_eq!(lock.diff(&sample).lines().last().unwrap(), "the Python for builds on amd64 differs");
    assert!(!sample.diff(&lock).is_empty());
}

#[test]
fn compilers_for_other_machines_round_trip_and_are_checked() {
    let sample = Lock::parse(WITH_COMPILERS).unwrap();
    assert_eq!(sample.to_text(), WITH_COMPILERS);
    let compilers = &sample.compilers.values().next().unwrap().packages;
    assert_eq!(compilers[0].file_name(), "g++-aarch64-linux-gnu_4%3a16.1.0-3_amd64.deb");

    type Spoil = fn(&mut LockedCompilers);
    let cases: [(&str, Spoil); 5] = [
        ("packages of what compiles on amd64 are not sorted at `g++-aarch64-linux-gnu`", |all| all.packages.swap(0, 1)),
        ("is for architecture `arm64`", |all| all.packages[0].architecture = "arm64".into()),
        ("has the path `../x`", |all| all.packages[0].path = "../x".into()),
        ("names the suite `sid`", |all| all.packages[0].suite = Some("sid".into())),
        ("what compiles on amd64 has 120 bytes of archives, its fetch says 121", |all| all.fetch.size = 121),
    ];
    for (expected, spoil) in cases {
        let mut lock = sample.clone();
        lock.compilers.values_mut().for_each(spoil);
        let message = lock.check().expect_err(expected).to_string();
        assert!(message.contains(expected), "{expected}: {message}");
    }
    let mut lock = sample.clone();
    lock.compilers = lock.compilers.into_values().map(|all| (lock.architecture, all)).collect();
    assert!(lock.check().unwrap_err().to_string().contains("the lock's own architecture"));

    // A lock without them is what it was before there were any.
    lock.compilers.clear();
    assert_eq!(lock.to_text(), WITH_INTERPRETER);
    assert_eq!(lock.diff(&sample).lines().last().unwrap(), "the compilers for builds on amd64 differ");
    assert!(!sample.diff(&lock).is_empty());
}

#[test]
fn why_tells_the_chain() {
    let why = sample().why(&name("libc6")).unwrap();
    assert_eq!(why.lines(), ["libc6 2.43-1 in layer base", "  tool -> dash -> libc6", "  needed by dash"]);
    let why = sample().why(&name("tool-doc")).unwrap();
    assert_eq!(
        why.lines(),
        ["tool-doc 1:2.1-3 is left out: it is on the web", "  tool -> tool-doc", "  needed by tool"]
    );
    assert_eq!(sample().why(&name("tool")).unwrap().lines()[1], "  asked for");
    assert_eq!(sample().why(&name("elsewhere")), None);
    // What only Essential packages need.
    let mut lock = sample();
    lock.packages[2].depends.clear();
    assert_eq!(lock.why(&name("libc6")).unwrap().chains, [vec![name("dash"), name("libc6")]]);
}

#[test]
fn diff_counts_what_a_bump_changes() {
    let old = sample();
    let mut new = sample();
    let text = SAMPLE
        .replace("\"version\":\"2.43-1\"", "\"version\":\"2.43-2\"")
        .replace("00012\",\"size\":200", "00099\",\"size\":210")
        .replace("00001\",\"size\":300", "00098\",\"size\":310");
    new.clone_from(&Lock::parse(&text).unwrap());
    let diff = new.diff(&old);
    assert_eq!((diff.changed.len(), diff.added.len(), diff.removed.len()), (1, 0, 0));
    assert_eq!((diff.fetch_bytes, diff.pull_bytes), (210, 310));
    assert_eq!(
        diff.lines(),
        [
            "1 changed, 0 added, 0 removed",
            "210 B to fetch for a build, about 310 B to pull in 1 layers",
            "~ libc6 2.43-1 -> 2.43-2 in base (210 B)",
            "layer base: 1 archives differ, 310 B in all",
        ]
    );
    assert!(old.diff(&new).changed[0].downgrade);
    assert!(old.diff(&old).is_empty());
    let json = serde_json::to_value(&diff).unwrap();
    assert_eq!((&json["format"], &json["layers"][0]["name"]), (&1.into(), &"base".into()));
}

#[test]
fn diff_is_symmetric() {
    let old = sample();
    let mut new = sample();
    new.packages.remove(2);
    new.layers.remove(1);
    new.effects.remove(1);
    new.omitted.clear();
    let (forth, back) = (new.diff(&old), old.diff(&new));
    assert_eq!((&forth.removed, &forth.added), (&back.added, &back.removed));
    assert_eq!((&forth.left_out, &forth.left_out), (&back.left_out, &vec![name("tool-doc")]));
    assert_eq!((forth.effects_added, forth.effects_removed), (back.effects_removed, back.effects_added));
    assert_eq!(forth.lines().last().unwrap(), "effects: 0 new, 1 gone");
    assert!(forth.lines().contains(&"layer tool: gone".to_owned()));
}

#[test]
fn file_names_hold_no_colon() {
    assert_eq!(sample().packages[2].file_name(), "tool_1%3a2.1-3_all.deb");
}

/// The sample with an image above `tool`: one package more, one that is left out no longer, one effect, a mark.
fn extended() -> Lock {
    let mut lock = sample();
    let mut doc = lock.packages[2].clone();
    (doc.name, doc.layer, doc.replaced) = (name("tool-doc"), "dev-tool".parse().unwrap(), Default::default());
    (doc.reason, doc.depends) = (Reason::RequiredBy(name("tool")), vec![name("tool")]);
    let mut layer = lock.layers[1].clone();
    layer.name = doc.layer.clone();
    lock.layers.push(layer);
    let mut effect = lock.effects[0].clone();
    effect.package = doc.name.clone();
    lock.effects.push(effect);
    lock.packages.push(doc);
    let mut plan = lock.images.values().next().unwrap().clone();
    plan.extends = Some("tool".parse().unwrap());
    (plan.wanted, plan.layers) = (vec![name("libc6")], vec!["dev-tool".parse().unwrap()]);
    plan.bytecode.clear();
    lock.images.insert("tool-dev".parse().unwrap(), plan);
    let mut more = lock.omitted[0].clone();
    (more.name, more.image) = (name("viewer"), Some("tool-dev".parse().unwrap()));
    lock.omitted.push(more);
    lock
}

#[test]
fn an_image_does_not_see_what_lies_above_it() {
    let lock = extended();
    lock.check().unwrap();
    assert_eq!(Lock::parse(&lock.to_text()).unwrap(), lock);
    assert_eq!(lock.view(&"tool".parse().unwrap()).unwrap(), sample());
    assert_eq!(lock.view(&"nobody".parse().unwrap()), None);
}

#[test]
fn an_image_sees_what_it_extends() {
    let view = extended().view(&"tool-dev".parse().unwrap()).unwrap();
    assert_eq!(view.packages.len(), 4);
    assert_eq!((view.effects.len(), view.layers.len(), view.images.len()), (3, 3, 2));
    // It asks for libc6 by name; the documentation is there, so nothing stands in for it.
    let libc = view.packages.iter().find(|package| package.name == name("libc6")).unwrap();
    assert_eq!(libc.reason, Reason::Wanted);
    assert_eq!(view.omitted.iter().map(|omitted| omitted.name.as_str()).collect::<Vec<_>>(), ["viewer"]);
}

#[test]
fn only_of_an_image_that_extends_another_one_is_something_left_out_beside_it() {
    for image in ["tool", "nobody"] {
        let mut lock = extended();
        lock.omitted[1].image = Some(image.parse().unwrap());
        let error = lock.check().unwrap_err().to_string();
        let expected = format!("package `viewer` is omitted of image `{image}`, which is unknown or extends no other");
        assert!(error.ends_with(&expected), "{error}");
    }
    // What the upper image says of a package counts there before what is said of all.
    let mut lock = extended();
    let mut own = lock.omitted[1].clone();
    (own.name, own.version, own.reason) = (name("tool-man"), "2-1".parse().unwrap(), "not even here".to_owned());
    let mut of_all = own.clone();
    (of_all.image, of_all.reason) = (None, "not there".to_owned());
    lock.omitted = vec![of_all, own];
    lock.check().unwrap();
    let reason = |image: &str| lock.view(&image.parse().unwrap()).unwrap().omitted[0].reason.clone();
    assert_eq!((reason("tool").as_str(), reason("tool-dev").as_str()), ("not there", "not even here"));
    // It may lie in a layer of another image.
    assert_eq!(lock.view(&"tool-dev".parse().unwrap()).unwrap().omitted.len(), 1);
}

#[test]
fn an_image_extends_one_that_stands_alone() {
    let spoiled = |change: &dyn Fn(&mut Lock)| {
        let mut lock = extended();
        change(&mut lock);
        lock.check().unwrap_err().to_string()
    };
    let plan = |lock: &mut Lock, extends: &str| {
        let plan = lock.images.get_mut(&"tool-dev".parse().unwrap()).unwrap();
        plan.extends = Some(extends.parse().unwrap());
    };
    for base in ["tool-dev", "nobody"] {
        let error = spoiled(&|lock| plan(lock, base));
        assert!(error.contains("does not stand alone"), "{error}");
    }
    let error = spoiled(&|lock| {
        let plan = lock.images.get_mut(&"tool-dev".parse().unwrap()).unwrap();
        plan.layers.insert(0, "base".parse().unwrap());
    });
    assert!(error.contains("repeats layers"), "{error}");
}
