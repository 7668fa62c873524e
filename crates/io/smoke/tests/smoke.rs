//! Checks of every outcome against a tiny image in the engine of this machine.

use bollard::query_parameters::RemoveImageOptions;
use sage_oci_checks::Checks;
use sage_oci_engine::{Engine, LoadOptions, Reference, RunId};
use sage_oci_fake_image::TinyImage;
use sage_oci_layer::Compression;
use sage_oci_names::{Architecture, ChannelName};
use sage_oci_smoke::{Outcome, SmokeOptions, Verdict, outcome_lines, run_checks, summary};
use std::sync::{Arc, Mutex};

const CHECKS: &str = r#"
version = 1
[[check]]
name = "own command"
command = []
stdout = { exact = "hello" }
[[check]]
name = "arguments"
command = ["/bin/tiny", "echo", "a b", "c"]
stdout = { exact = "a b\nc" }
[[check]]
name = "wrong output"
command = ["/bin/tiny", "echo", "two"]
stdout = { contains = ["three"] }
[[check]]
name = "wrong status"
command = ["/bin/tiny", "exit", "3"]
[[check]]
name = "expected status"
command = ["/bin/tiny", "exit", "3"]
exit = 3
[[check]]
name = "hangs"
command = ["/bin/tiny", "sleep", "600"]
timeout = 20
[[check]]
name = "no such program"
command = ["/bin/missing"]
[[check]]
name = "file"
command = ["/bin/tiny", "write", "/made", "magic and more"]
file = { path = "/made", magic = [0x6d, 0x61], min_bytes = 10 }
[[check]]
name = "no file"
command = ["/bin/tiny", "echo"]
file = { path = "/made" }
[[check]]
name = "user"
command = ["/bin/tiny", "id"]
user = "1000:1000"
stdout = { exact = "1000:1000" }
[[check]]
name = "elsewhere"
command = ["/bin/tiny", "exit", "1"]
channel.test.skip = "not here"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_outcome() {
    let engine = Engine::connect().await.expect("this test needs a running container engine (Docker or podman)");
    let run = RunId::unique();
    let reference = Reference::parse(&format!("sage-oci-test-{}:smoke", run.as_str())).unwrap();
    let image = TinyImage::build(&[], Compression::Gzip { level: 1 });
    let architecture = Architecture::host().unwrap();
    let source = Arc::new(image.source);
    engine
        .load(source, architecture, std::slice::from_ref(&reference), &LoadOptions::default(), &|_| {})
        .await
        .unwrap();

    let selection = Checks::parse(CHECKS).unwrap().for_channel(&ChannelName::parse("test").unwrap());
    let told = Mutex::new(0);
    let tell = |_: &Outcome| *told.lock().unwrap() += 1;
    let options = SmokeOptions { jobs: 4, run: run.clone() };
    let report = run_checks(&engine, &reference.to_string(), &selection, &options, &tell).await;

    let verdicts: Vec<_> = report.checks.iter().map(|outcome| (outcome.name.as_str(), &outcome.result)).collect();
    let text = report.checks.iter().map(outcome_lines).collect::<Vec<_>>().join("\n");
    assert_eq!(
        verdicts,
        [
            ("own command", &Verdict::Passed),
            ("arguments", &Verdict::Passed),
            ("wrong output", &Verdict::Failed),
            ("wrong status", &Verdict::Failed),
            ("expected status", &Verdict::Passed),
            ("hangs", &Verdict::TimedOut),
            ("no such program", &Verdict::Broken),
            ("file", &Verdict::Passed),
            ("no file", &Verdict::Failed),
            ("user", &Verdict::Passed),
            ("elsewhere", &Verdict::Skipped),
        ],
        "{text}"
    );
    assert_eq!(*told.lock().unwrap(), report.checks.len());
    assert!(!report.is_good());
    assert_eq!(report.checks[3].exit_code, Some(3));
    assert!(report.checks[3].output_tail.contains("leaving with 3"));
    assert!(report.checks[5].output_tail.contains("sleeping"));
    assert!(summary(&report).contains("5 passed, 3 failed, 1 timed out, 1 could not be run, 1 skipped"));

    let json: Vec<_> = report.to_json().lines().map(str::to_owned).collect();
    assert!(json[1].contains("\"version\": 1"), "{json:?}");
    let junit = report.to_junit().unwrap();
    assert!(junit.contains(r#"tests="11" skipped="1" errors="1" failures="4""#), "{junit}");

    assert_eq!(engine.remove_leftovers(&run).await.unwrap(), 0);
    let removed = engine.client().remove_image(&reference.to_string(), None::<RemoveImageOptions>, None).await;
    removed.unwrap();
}
