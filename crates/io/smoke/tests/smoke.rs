//! Checks of every outcome against a tiny image in the engine of this machine.

use bollard::query_parameters::RemoveImageOptions;
use sage_oci_checks::Checks;
use sage_oci_engine::{Engine, LoadOptions, RunId};
use sage_oci_fake_image::TinyImage;
use sage_oci_names::{Algorithm, Architecture, ChannelName, Compression, Reference};
use sage_oci_smoke::{Outcome, SmokeOptions, Verdict, details, run_checks, summary, to_json, to_junit};
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
name = "too much memory"
command = ["/bin/tiny", "eat", "64"]
run = { memory_mib = 16 }
[[check]]
name = "volume"
command = ["/bin/tiny", "write", "/vol/file", "text"]
run = { volumes = ["/vol"], read_only = true }
[[check]]
name = "no program of this machine"
command = ["/host/no-such-program"]
run = { host_programs = ["no-such-program"] }
[[check]]
name = "stays and is stopped"
command = ["/bin/tiny", "stay", "ready"]
service = { ready = "ready", exec = ["/bin/tiny", "echo", "inside"], stop_within = 20, stop_exit = [0] }
stdout = { exact = "inside" }
[[check]]
name = "is deaf to SIGTERM"
command = ["/bin/tiny", "sleep", "600"]
service = { ready = "sleeping", stop_within = 1 }
[[check]]
name = "ends at once"
command = ["/bin/tiny", "exit", "3"]
service = { ready = "ready" }
[[check]]
name = "is never ready"
command = ["/bin/tiny", "sleep", "600"]
service = { ready = "ready", within = 1 }
[[check]]
name = "answers on its port"
command = ["/bin/tiny", "serve", "80", "ready"]
service = { port = 80, within = 60, stop_within = 20 }
stdout = { exact = "ready" }
[[check]]
name = "answers on no port"
command = ["/bin/tiny", "stay", "ready"]
service = { port = 80, within = 1 }
[[check]]
name = "a notebook without a token"
command = ["/bin/tiny", "stay", "http://127.0.0.1:8888/"]
notebook = { kernel = "none", within = 1 }
[[check]]
name = "a notebook that refuses its own token"
command = ["/bin/tiny", "serve", "8888", "http://127.0.0.1:8888/?token=0123456789abcdef"]
notebook = { kernel = "none", within = 60 }
[[check]]
name = "its documents"
image = { cmd = ["/bin/tiny", "echo", "hello"], entrypoint = [], min_layers = 1, max_layers = 1 }
[[check]]
name = "other documents"
image = { user = "nobody" }
[[check]]
name = "built on top"
command = ["/bin/tiny", "env", "ADDED"]
stdout = { exact = "a b" }
build = { dockerfile = "COPY . /data\nENV ADDED=\"a b\"\n", files = { "file" = "text" } }
[[check]]
name = "cannot be built on"
command = ["/bin/tiny"]
build = { dockerfile = "COPY missing /\n" }
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
    let image = TinyImage::build(&[], Compression::usual(Algorithm::Gzip));
    let architecture = Architecture::host().unwrap();
    let source = Arc::new(image.source);
    let loaded = engine.load(source, architecture, &[], &LoadOptions::default(), &|_| {}).await.unwrap();
    engine.name(loaded.id, std::slice::from_ref(&reference), &|| false, &|_| {}).await.unwrap();

    let selection = Checks::parse(CHECKS).unwrap().for_channel(&ChannelName::parse("test").unwrap()).unwrap();
    let told = Mutex::new(0);
    let tell = |_: &Outcome| *told.lock().unwrap() += 1;
    let options = SmokeOptions { jobs: 4, run: run.clone(), keep: false, port: None };
    let report = run_checks(&engine, &reference.clone().into(), &selection, &options, &tell).await;

    let verdicts: Vec<_> = report.checks.iter().map(|outcome| (outcome.name.as_str(), outcome.result)).collect();
    let text = report.checks.iter().map(details).collect::<Vec<_>>().join("\n");
    assert_eq!(
        verdicts,
        [
            ("own command", Verdict::Passed),
            ("arguments", Verdict::Passed),
            ("wrong output", Verdict::Failed),
            ("wrong status", Verdict::Failed),
            ("expected status", Verdict::Passed),
            ("hangs", Verdict::TimedOut),
            ("no such program", Verdict::Broken),
            ("file", Verdict::Passed),
            ("no file", Verdict::Failed),
            ("user", Verdict::Passed),
            ("too much memory", Verdict::Failed),
            ("volume", Verdict::Passed),
            ("no program of this machine", Verdict::Skipped),
            ("stays and is stopped", Verdict::Passed),
            ("is deaf to SIGTERM", Verdict::TimedOut),
            ("ends at once", Verdict::Failed),
            ("is never ready", Verdict::TimedOut),
            ("answers on its port", Verdict::Passed),
            ("answers on no port", Verdict::TimedOut),
            ("a notebook without a token: says its address and answers", Verdict::TimedOut),
            ("a notebook without a token: refuses a wrong token", Verdict::Skipped),
            ("a notebook without a token: lists its kernels", Verdict::Skipped),
            ("a notebook without a token: starts a kernel", Verdict::Skipped),
            ("a notebook without a token: shuts the kernel down", Verdict::Skipped),
            ("a notebook without a token: ends on SIGTERM", Verdict::Skipped),
            ("a notebook that refuses its own token: says its address and answers", Verdict::Passed),
            ("a notebook that refuses its own token: refuses a wrong token", Verdict::Passed),
            ("a notebook that refuses its own token: lists its kernels", Verdict::Failed),
            ("a notebook that refuses its own token: starts a kernel", Verdict::Skipped),
            ("a notebook that refuses its own token: shuts the kernel down", Verdict::Skipped),
            ("a notebook that refuses its own token: ends on SIGTERM", Verdict::Skipped),
            ("its documents", Verdict::Passed),
            ("other documents", Verdict::Failed),
            ("built on top", Verdict::Passed),
            ("cannot be built on", Verdict::Failed),
            ("elsewhere", Verdict::Skipped),
        ],
        "{text}"
    );
    assert_eq!(*told.lock().unwrap(), report.checks.len());
    assert!(!report.is_good());
    assert_eq!(report.checks[3].exit_code, Some(3));
    assert!(report.checks[3].output_tail.contains("leaving with 3"));
    assert!(report.checks[5].output_tail.contains("sleeping"));
    let of = |name: &str| report.checks.iter().find(|outcome| outcome.name.contains(name)).unwrap();
    let deaf = of("is deaf to SIGTERM");
    assert!(deaf.message.starts_with("it did not end within 1 s after SIGTERM, and was killed"), "{}", deaf.message);
    assert_eq!(
        deaf.message.contains("processes of this machine waited"),
        sage_oci_files::exists("/proc/pressure/cpu").unwrap()
    );
    assert_eq!(deaf.exit_code, Some(137));
    assert!(of("too much memory").oom && of("too much memory").message.contains("memory limit"), "{text}");
    assert!(of("ends at once").message.contains("ended with exit status 3 before it said \"ready\""), "{text}");
    assert!(of("ends at once").output_tail.contains("leaving with 3"), "{text}");
    assert!(of("without a token: says").output_tail.contains("http://127.0.0.1:8888/"), "{text}");
    assert!(of("own token: lists").message.contains("status 403"), "{text}");
    assert!(of("cannot be built on").message.contains("COPY missing"), "{text}");
    assert!(summary(&report).contains("12 passed, 8 failed, 5 timed out, 1 could not be run, 10 skipped"), "{text}");

    assert!(
        report.checks[3].enter[0].starts_with("docker run --rm -it --network=none"),
        "{:?}",
        report.checks[3].enter
    );

    let reports = std::slice::from_ref(&report);
    let json: Vec<_> = to_json(reports).lines().map(str::to_owned).collect();
    assert!(json[1].contains("\"version\": 2"), "{json:?}");
    let junit = to_junit(reports).unwrap();
    assert!(junit.contains(r#"tests="36" skipped="10" errors="1" failures="13""#), "{junit}");

    assert_eq!(engine.remove_leftovers(&run).await.unwrap(), 0);
    let removed = engine.client().remove_image(&reference.to_string(), None::<RemoveImageOptions>, None).await;
    removed.unwrap();
}
