//! Registering and realising.

use crate::support::Bench;
use sage_oci_hint::Hint as _;
use sage_oci_names::StorePath;
use sage_oci_store::{Event, StoreError, Target};
use std::ops::ControlFlow;

#[test]
fn a_graph_is_built_once() {
    let mut bench = Bench::new("graph");
    let low = bench.write("low", "low $x\n");
    let top = bench.copy("top", &low, "top\n");
    bench.register();
    assert_eq!(
        bench.nix.is_valid(&[low.path.clone(), top.path.clone(), top.out().clone()]).unwrap(),
        [true, true, false]
    );

    let missing = bench.nix.missing(&[Target::from(&top)]).unwrap();
    assert_eq!((missing.build, missing.substitute.len()), ([low.path.clone(), top.path.clone()].into(), 0));

    let (result, events) = bench.realise(&[&top]);
    let realised = result.unwrap();
    assert_eq!(bench.nix.missing(&[Target::from(&top)]).unwrap(), sage_oci_store::Missing::default());
    assert_eq!(realised.outputs, [top.out().clone()]);
    assert_eq!(realised.built, [low.path.clone(), top.path.clone()].into());
    assert_eq!(bench.read(top.out()), "low $x\ntop\n");
    for finished in [&low, &top] {
        let derivation = finished.path.clone();
        assert!(events.contains(&Event::BuildStarted { derivation: derivation.clone() }), "{events:?}");
        assert!(events.contains(&Event::BuildFinished { derivation }), "{events:?}");
    }
    assert!(events.contains(&Event::Line { derivation: top.path.clone(), text: "this is copy".into() }), "{events:?}");
    let done = |event: &Event| matches!(event, Event::Progress { done: 2, running: 0, failed: 0, .. });
    assert!(events.iter().any(done), "{events:?}");
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Planned { .. })).count(), 2, "{events:?}");
    assert!(sage_oci_files::list(bench.folder.join("logs")).unwrap().is_empty(), "a log is kept only of a failure");

    bench.register();
    let (result, events) = bench.realise(&[&top]);
    assert!(result.unwrap().built.is_empty());
    assert!(!events.iter().any(|event| matches!(event, Event::BuildStarted { .. })), "{events:?}");
}

#[test]
fn one_output_of_several() {
    let mut bench = Bench::new("outputs");
    let builder = bench.builder("many").outputs(["out", "dev"]).args(["write", "out", "dev"]).env("text", "t");
    let many = bench.graph.add(builder).unwrap().clone();
    bench.register();
    let target = Target { derivation: many.path.clone(), output: Some("dev".into()) };
    let realised = bench.nix.realise(&[target], &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(realised.outputs, [many.outputs["dev"].clone()]);
}

#[test]
fn a_failure_tells_what_the_builder_said() {
    let mut bench = Bench::with("failure", |settings| settings.keep_going = true);
    let bad = bench.act("bad", "fail");
    let worse = bench.act("worse", "fail");
    let top = bench.copy("top", &bad, "");
    let good = bench.write("good", "");
    bench.register();
    let (result, events) = bench.realise(&[&top, &worse, &good]);
    let error = result.unwrap_err();
    let StoreError::BuildFailed { derivation, status, lines, others, log, .. } = &error else { panic!("{error:?}") };
    assert!([&bad.path, &worse.path].contains(&derivation), "{derivation}");
    assert_eq!((*status, *others), (Some(3), 1));
    assert_eq!(
        lines.iter().map(String::as_str).collect::<Vec<_>>(),
        (11..=30).map(|at| format!("bad {at}")).collect::<Vec<_>>()
    );
    assert!(error.to_string().contains("bad 30") && error.to_string().contains("exit code 3"), "{error}");
    assert!(error.hint().unwrap().contains(&log.display().to_string()));
    let text = sage_oci_files::read_to_string(log).unwrap();
    assert!(text.contains("bad> bad 1\n") && text.contains("worse> bad 30\n"), "{text}");
    assert_eq!(events.iter().filter(|event| matches!(event, Event::BuildFailed { .. })).count(), 2, "{events:?}");
    assert_eq!(bench.nix.is_valid(std::slice::from_ref(good.out())).unwrap(), [true], "what can be built goes on");
}

#[test]
fn a_fixed_output_must_have_its_content() {
    let mut bench = Bench::new("mismatch");
    let digest = sage_oci_derivation::sha256("another text");
    let builder = bench.builder("fetch").args(["write", "out"]).env("text", "text");
    let fetch = bench.graph.add(builder.fixed(sage_oci_derivation::FixedHash::Flat(digest))).unwrap().clone();
    bench.register();
    let error = bench.realise(&[&fetch]).0.unwrap_err();
    let StoreError::BuildFailed { derivation, reason, status: None, .. } = &error else { panic!("{error:?}") };
    assert_eq!(derivation, &fetch.path);
    assert!(reason.contains("hash mismatch"), "{reason}");
}

#[test]
fn a_derivation_whose_source_is_absent_is_refused() {
    let mut bench = Bench::new("absent");
    let absent = StorePath::parse(&format!("/nix/store/{}-absent", "0".repeat(32))).unwrap();
    let builder = bench.builder("user").input_source(absent).arg("write");
    bench.graph.add(builder).unwrap();
    let error = bench.nix.register(bench.graph.iter()).unwrap_err();
    assert!(error.to_string().contains("absent"), "{error}");
    assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
}

#[test]
fn two_runs_at_once() {
    let mut bench = Bench::new("two");
    let low = bench.write("low", "low");
    let tops: Vec<_> = (0..8).map(|at| bench.copy(&format!("top-{at}"), &low, "top")).collect();
    let run = || {
        bench.register();
        bench.realise(&tops.iter().collect::<Vec<_>>()).0.unwrap().outputs
    };
    let (first, second) = std::thread::scope(|scope| {
        let (first, second) = (scope.spawn(run), scope.spawn(run));
        (first.join().unwrap(), second.join().unwrap())
    });
    assert_eq!(first, second);
    assert_eq!(first.len(), tops.len());
}

#[test]
fn a_builder_that_meets_a_full_disk() {
    let mut bench = Bench::new("full");
    let full = bench.act("full", "full");
    bench.register();
    let error = bench.realise(&[&full]).0.unwrap_err();
    assert!(matches!(&error, StoreError::NoSpace { log: Some(log), .. } if log.exists()), "{error:?}");
    assert!(error.to_string().contains(full.path.as_str()), "{error}");
    assert!(error.hint().unwrap().contains("--gc"));
}
