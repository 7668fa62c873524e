//! Test reports beside images: what is green, and what is not.

mod support;

use sage_oci_checks::RowReport;
use sage_oci_fake_registry::Profile;
use sage_oci_names::{Architecture, BlobDigest};
use sage_oci_publish::{REPORT, Standing, TestReport, Tested, tested};
use sage_oci_registry::Artifact;
use sage_oci_smoke::{Outcome, Report, Verdict};
use support::{OLD, World, json, profiles};

fn of(world: &World, digest: &BlobDigest) -> Tested {
    tested(&world.registry, &world.candidate(digest)).unwrap()
}

#[test]
fn the_newest_report_counts_on_every_registry() {
    for profile in profiles() {
        let name = profile.name;
        let world = World::new(profile);
        let image = world.one("10.10", OLD, "a");
        let none = of(&world, &image);
        assert!(!none.is_green(), "{name}");
        assert_eq!(none.against(), ["no test report is about amd64"], "{name}");
        world.report(&image, &["passed", "failed"], 10, Some(1));
        assert!(!of(&world, &image).is_green(), "{name}");
        // The retry of the job, for the same commit.
        world.report(&image, &["passed", "skipped"], 20, Some(1));
        let green = of(&world, &image);
        assert!(green.is_green() && green.problems.is_empty() && green.against().is_empty(), "{name}: {green:?}");
        assert_eq!(green.revised, Some(1), "{name}");
        world.report(&image, &["passed", "timed-out", "broken"], 30, Some(2));
        let red = of(&world, &image);
        assert!(red.against()[0].contains("2 checks that did not pass, and 1 that did"), "{name}: {red:?}");
        assert_eq!(red.revised, Some(1), "{name}: it has not passed for the second commit");
    }
}

#[test]
fn of_two_reports_in_one_second_the_bad_one_counts() {
    let world = World::new(Profile::plain());
    let image = world.one("10.10", OLD, "a");
    world.report(&image, &["passed"], 10, None);
    world.report(&image, &["failed"], 10, None);
    assert!(!of(&world, &image).is_green());
}

#[test]
fn a_report_in_which_nothing_passed_is_not_green() {
    let world = World::new(Profile::plain());
    let image = world.one("10.10", OLD, "a");
    world.report(&image, &["skipped"], 10, None);
    assert!(of(&world, &image).against()[0].contains("has no check that passed"));
}

#[test]
fn an_index_needs_a_report_for_each_architecture() {
    for profile in profiles() {
        let world = World::new(profile);
        let members = [Architecture::Amd64, Architecture::Arm64].map(|one| world.image("10.10", OLD, "a", one));
        let index = world.index(members.to_vec(), "10.10", OLD);
        world.report(&members[0].digest, &["passed"], 1, Some(3));
        let half = of(&world, &index);
        assert_eq!(half.against(), ["no test report is about arm64"]);
        assert_eq!(half.architectures["amd64"], Standing::Passed);
        assert_eq!(half.revised, None);
        world.report_for(&members[1].digest, Architecture::Arm64, &["passed"], 1, Some(2));
        let whole = of(&world, &index);
        assert!(whole.is_green());
        assert_eq!(whole.revised, Some(2));
        // The index itself was tested, and fails for one.
        world.report_for(&index, Architecture::Arm64, &["failed"], 2, Some(4));
        assert!(
            matches!(of(&world, &index).architectures["arm64"], Standing::Failed { subject, .. } if subject == index)
        );
        // A member is not worse for it.
        assert!(of(&world, &members[1].digest).is_green());
    }
}

#[test]
fn a_report_beside_the_index_counts_for_its_architecture() {
    let world = World::new(Profile::plain());
    let members = [Architecture::Amd64, Architecture::Arm64].map(|one| world.image("10.10", OLD, "a", one));
    let index = world.index(members.to_vec(), "10.10", OLD);
    world.report_for(&index, Architecture::Amd64, &["passed"], 1, Some(5));
    world.report_for(&index, Architecture::Arm64, &["passed"], 1, Some(5));
    let whole = of(&world, &index);
    assert!(whole.is_green());
    assert_eq!(whole.revised, Some(5));
    assert!(!of(&world, &members[0].digest).is_green(), "nothing was said of a member");
}

#[test]
fn a_report_about_another_architecture_is_named_and_does_not_count() {
    let world = World::new(Profile::plain());
    let image = world.one("10.10", OLD, "a");
    world.report_for(&image, Architecture::Arm64, &["passed"], 1, None);
    let tested = of(&world, &image);
    assert!(!tested.is_green());
    assert_eq!(tested.problems, [format!("a report beside {image} is about arm64, which is not in there")]);
}

/// What becomes of an annotation.
type Change = Box<dyn Fn(&str, &str) -> Option<String>>;

#[test]
fn what_is_malformed_or_foreign_is_named_and_not_green() {
    let keep = |_: &str, value: &str| Some(value.to_owned());
    let good = json(&["passed"]);
    let replace = |which: &'static str, by: &'static str| {
        move |key: &str, value: &str| Some(if key == which { by.to_owned() } else { value.to_owned() })
    };
    let cases: Vec<(Vec<u8>, Change, &str)> = vec![
        (b"no JSON".to_vec(), Box::new(keep), "no report of `sage-oci smoke"),
        (br#"{"version":9}"#.to_vec(), Box::new(keep), "version 9; this program knows 2"),
        (json(&["passed", "passed"]), Box::new(keep), "count other results"),
        (good.clone(), Box::new(replace("org.sage-oci.test.passed", "many")), "`org.sage-oci.test.passed` is `many`"),
        (good.clone(), Box::new(replace("org.sage-oci.architecture", "vax")), "`org.sage-oci.architecture` is `vax`"),
        (good.clone(), Box::new(replace("org.opencontainers.image.created", "now")), "created` is `now`"),
        (good.clone(), Box::new(replace("org.sage-oci.subject", "sha256:0")), "it is about sha256:0"),
        (
            good,
            Box::new(|key: &str, value: &str| (key != "org.sage-oci.test.failed").then(|| value.to_owned())),
            "no annotation `org.sage-oci.test.failed`",
        ),
    ];
    for (bytes, change, why) in cases {
        let world = World::new(Profile::plain());
        let scratch = world.image("10.10", OLD, "scratch", Architecture::Amd64);
        let image = world.image("10.10", OLD, "a", Architecture::Amd64);
        // What is about the scratch image would be about another one.
        let change = |key: &str, value: &str| {
            let value = value.replace(&scratch.digest.to_string(), &image.digest.to_string());
            change(key, &value)
        };
        let digest = TestReport::at(json(&["passed"]), Architecture::Amd64, None, 7)
            .unwrap()
            .attach(&world.registry, &scratch)
            .unwrap();
        let artifact = world.registry.artifact(&digest, REPORT).unwrap().unwrap();
        let annotations =
            artifact.annotations.iter().filter_map(|(key, value)| Some((key.clone(), change(key, value)?))).collect();
        world.registry.attach(&image, &Artifact { bytes, annotations, ..artifact }).unwrap();
        let tested = of(&world, &image.digest);
        assert!(!tested.is_green(), "{why}");
        assert!(tested.problems.len() == 1 && tested.problems[0].contains(why), "{why}: {:?}", tested.problems);
    }
}

#[test]
fn artifacts_of_other_kinds_are_nothing_to_us() {
    let world = World::new(Profile::distribution2());
    let image = world.image("10.10", OLD, "a", Architecture::Amd64);
    let other = Artifact {
        kind: "application/vnd.other".to_owned(),
        media_type: "text/plain".to_owned().into(),
        bytes: b"x".to_vec(),
        annotations: Default::default(),
    };
    world.registry.attach(&image, &other).unwrap();
    let tested = of(&world, &image.digest);
    assert!(tested.problems.is_empty() && !tested.is_green());
}

#[test]
fn what_smoke_writes_is_read() {
    let outcome = |name: &str, result| Outcome {
        name: name.to_owned(),
        group: String::new(),
        proves: Vec::new(),
        command: Vec::new(),
        result,
        message: String::new(),
        seconds: 1.0,
        exit_code: None,
        oom: false,
        output_tail: String::new(),
        enter: Vec::new(),
    };
    use Verdict::{Broken, Failed, Passed, Skipped, TimedOut};
    let checks = [Passed, Passed, Failed, TimedOut, Broken, Skipped].map(|one| outcome("x", one)).to_vec();
    let report = |image: &str| Report {
        image: image.to_owned(),
        seconds: 1.0,
        checks: checks.clone(),
        contract: Vec::<RowReport>::new(),
        doctests: None,
        about: std::collections::BTreeMap::new(),
    };
    let text = sage_oci_smoke::to_json(&[report("x@sha256:1")]);
    let read = TestReport::new(text.into_bytes(), Architecture::Arm64, None).unwrap();
    assert_eq!((read.passed, read.failed, read.skipped, read.image.as_str()), (2, 3, 1, "x@sha256:1"));
    assert!(read.ended > 1_700_000_000);
    let two = sage_oci_smoke::to_json(&[report("x"), report("y")]);
    assert!(TestReport::new(two.into_bytes(), Architecture::Arm64, None).is_err());
}
