//! How every kind of check ends, in an engine that runs nothing: what is judged, what is said, and that nothing is left.

use sage_oci_checks::Checks;
use sage_oci_engine::{Engine, Host, RunId};
use sage_oci_fake_engine::{About, Container, FakeEngine, Image, digest};
use sage_oci_names::{ChannelName, EngineImage};
use sage_oci_smoke::{Outcome, Report, SmokeOptions, Verdict, details, run_checks, summary, to_json, to_junit};
use serde_json::{Value, json};
use std::sync::Mutex;

const IMAGE: &str = "app:1";

struct Bench {
    fake: FakeEngine,
    keep: bool,
}

impl Bench {
    fn new() -> Self {
        let fake = FakeEngine::start(About::docker_28());
        let config = json!({ "User": "me", "Cmd": ["app"], "ExposedPorts": { "80/tcp": {} }, "Labels": { "a": "b" } });
        fake.has(Image { config, ..Image::new(&digest(1), &["sha256:1", "sha256:2"]).named(IMAGE) });
        Self { fake, keep: false }
    }

    /// Runs these checks one after the other; the report, and what was told on the way.
    async fn run(&self, checks: &str) -> (Report, Vec<(String, Verdict)>) {
        let host = Host::parse(&format!("unix://{}", self.fake.socket().display())).unwrap();
        let engine = Engine::connect_to(&host).await.unwrap();
        let text = format!("version = 1\n{checks}");
        let selection = Checks::parse(&text).unwrap().for_channel(&ChannelName::parse("sid").unwrap()).unwrap();
        let told = Mutex::new(Vec::new());
        let tell = |outcome: &Outcome| told.lock().unwrap().push((outcome.name.clone(), outcome.result));
        let options = SmokeOptions { jobs: 1, run: RunId::unique(), keep: self.keep, port: None };
        let report = run_checks(&engine, &EngineImage::parse(IMAGE).unwrap(), &selection, &options, &tell).await;
        (report, told.into_inner().unwrap())
    }

    /// Runs one check of a container that does this.
    async fn one(&self, check: &str, container: Container) -> Outcome {
        self.fake.runs(container);
        let (mut report, told) = self.run(&format!("[[check]]\nname = \"c\"\ncommand = [\"x\"]\n{check}\n")).await;
        let outcome = report.checks.remove(0);
        assert_eq!(told, [("c".to_owned(), outcome.result)]);
        outcome
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_judged_by_what_it_leaves() {
    let file =
        |content: &[u8]| Container { files: [("/f".to_owned(), content.to_vec())].into(), ..Container::default() };
    let killed = Container { oom: true, ..Container::ends(137) };
    for (check, container, verdict, message) in [
        ("", Container::default(), Verdict::Passed, ""),
        ("", Container::ends(3), Verdict::Failed, "exit status 3, expected 0"),
        ("exit = 3", Container::ends(3), Verdict::Passed, ""),
        ("exit = 3", Container::default(), Verdict::Failed, "exit status 0, expected 3"),
        ("", killed, Verdict::Failed, "exit status 137, expected 0; the memory limit was hit"),
        ("stdout = { exact = \"a\" }", Container::says("a\n"), Verdict::Passed, ""),
        ("file = { path = \"/f\", min_bytes = 2 }", file(b"ab"), Verdict::Passed, ""),
        // What cannot be started is not the image's fault alone: nothing is known.
        (
            "",
            Container { start: Some((400, "exec: \"x\": not found".into())), ..Container::default() },
            Verdict::Broken,
            "the engine failed while starting container ",
        ),
    ] {
        let bench = Bench::new();
        let outcome = bench.one(check, container).await;
        assert_eq!(outcome.result, verdict, "{check}: {}", outcome.message);
        assert!(outcome.message.starts_with(message), "{}", outcome.message);
        assert_eq!(outcome.message.is_empty(), message.is_empty());
        assert_eq!(outcome.is_bad(), verdict != Verdict::Passed);
        assert_eq!(bench.fake.containers(), 0);
    }
    for (check, container) in [
        ("stdout = { exact = \"a\" }", Container::says("b\n")),
        ("stdout = { contains = [\"a\"] }", Container::says("b\n")),
        ("file = { path = \"/f\" }", Container::default()),
        ("file = { path = \"/f\", min_bytes = 3 }", file(b"ab")),
    ] {
        let outcome = Bench::new().one(check, container).await;
        assert_eq!(outcome.result, Verdict::Failed, "{check}");
        assert!(!outcome.message.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_has_its_output_and_the_way_into_the_container() {
    let bench = Bench::new();
    let said = Container { stdout: "out\n".into(), stderr: "err\u{1b}[1m\n".into(), ..Container::ends(3) };
    let outcome = bench.one("user = \"me\"\nrun = { read_only = true }", said.clone()).await;
    assert_eq!(outcome.output_tail, "out\n-- standard error --\nerr\\u{1b}[1m");
    assert_eq!((outcome.exit_code, outcome.oom), (Some(3), false));
    assert_eq!(outcome.enter, ["docker run --rm -it --network=none --user=me --read-only app:1 sh"]);
    let text = details(&outcome);
    assert!(text.starts_with("FAILED  c: exit status 3, expected 0\n        $ x\n        | out\n"), "{text}");
    // One that passed has none of it.
    let outcome = bench.one("", Container::says("out\n")).await;
    assert!(outcome.output_tail.is_empty() && outcome.enter.is_empty() && outcome.exit_code == Some(0));

    // Kept: it can be started again, and one that runs can be entered.
    let bench = Bench { keep: true, ..Bench::new() };
    let outcome = bench.one("", said).await;
    let id = outcome.enter[0].strip_prefix("docker start --attach ").unwrap();
    assert_eq!(id.len(), 12);
    assert_eq!(outcome.enter[1], format!("docker rm --force --volumes {id}"));
    assert_eq!(bench.fake.containers(), 1);
    let outcome = bench.one("timeout = 1", Container::stays("slow\n")).await;
    assert_eq!((outcome.result, outcome.message.as_str()), (Verdict::TimedOut, "no end within 1 seconds"));
    assert!(
        outcome.enter[0].starts_with("docker exec -it ") && outcome.enter[0].ends_with(" sh"),
        "{:?}",
        outcome.enter
    );
    assert_eq!(bench.fake.containers(), 2);
    // What passed is not kept.
    bench.one("", Container::default()).await;
    assert_eq!(bench.fake.containers(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_made_as_its_check_says() {
    let bench = Bench::new();
    let check = "user = \"1:2\"\nrun = { env = [\"A=b\"], working_dir = \"/w\", network = true, memory_mib = 2, shm_mib = 3, \
                 init = true, drop_capabilities = true, no_new_privileges = true, host_programs = [\"sh\"] }";
    let outcome = bench.one(check, Container::default()).await;
    assert_eq!(outcome.result, Verdict::Passed, "{}", outcome.message);
    let bodies = bench.fake.bodies();
    let body = bodies.iter().find(|body| body["Cmd"] == json!(["x"])).unwrap();
    let host = &body["HostConfig"];
    assert_eq!((&body["User"], &body["Env"], &body["WorkingDir"]), (&json!("1:2"), &json!(["A=b"]), &json!("/w")));
    assert_eq!((&host["Memory"], &host["ShmSize"]), (&json!(2 << 20), &json!(3 << 20)));
    assert!(host["NetworkMode"].is_null() && host["Init"] == true && host["CapDrop"][0] == "ALL", "{host}");
    assert!(host["Binds"][0].as_str().unwrap().ends_with("/sh:/host/sh:ro"), "{host}");
    // The image is held from before the first check to after the last.
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0]["Cmd"], json!(["true"]));
    assert_eq!(bench.fake.containers(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_run_is_skipped_with_its_reason() {
    let bench = Bench::new();
    let (report, _) = bench
        .run(
            "[[check]]\nname = \"a\"\nrun = { host_programs = [\"no-such-program\"] }\n\
             [[check]]\nname = \"b\"\nchannel.sid.skip = \"not here\"\n",
        )
        .await;
    let told: Vec<_> = report.checks.iter().map(|one| (one.result, one.message.as_str())).collect();
    let program = "this machine has no program `no-such-program`";
    assert_eq!(told, [(Verdict::Skipped, program), (Verdict::Skipped, "not here")]);
    assert!(report.is_good() && bench.fake.bodies().len() == 1, "only the image was held");
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_held_against_what_is_expected() {
    for (expect, verdict, message) in [
        (
            "user = \"me\", cmd = [\"app\"], ports = [\"80/tcp\"], labels = [\"a\"], min_layers = 2, max_layers = 2",
            Verdict::Passed,
            "",
        ),
        ("user = \"you\"", Verdict::Failed, "its user is \"me\", expected \"you\""),
        ("working_dir = \"/w\"", Verdict::Failed, "its working folder is \"\", expected \"/w\""),
        ("cmd = []", Verdict::Failed, "its default command is [\"app\"], expected []"),
        ("entrypoint = [\"e\"]", Verdict::Failed, "its entry point is [], expected [\"e\"]"),
        ("ports = [\"81/tcp\"]", Verdict::Failed, "it does not expose 81/tcp, but [\"80/tcp\"]"),
        ("labels = [\"c\"]", Verdict::Failed, "it has no label c"),
        ("min_layers = 3", Verdict::Failed, "it has 2 layers, expected 3 to "),
        ("max_layers = 1", Verdict::Failed, "it has 2 layers, expected 0 to 1"),
    ] {
        let (report, _) = Bench::new().run(&format!("[[check]]\nname = \"c\"\nimage = {{ {expect} }}\n")).await;
        let outcome = &report.checks[0];
        assert_eq!(outcome.result, verdict, "{expect}: {}", outcome.message);
        assert!(outcome.message.starts_with(message), "{}", outcome.message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_stays_is_waited_for_used_and_stopped() {
    let stays = || Container::stays("ready\n");
    for (service, container, verdict, message) in [
        ("ready = \"ready\"", stays(), Verdict::Passed, ""),
        ("ready = \"ready\", stop_within = 60, stop_exit = [0]", stays(), Verdict::Passed, ""),
        (
            "ready = \"ready\", stop_within = 60, stop_exit = [0]",
            Container { exit: 4, ..stays() },
            Verdict::Failed,
            "after SIGTERM its exit status was 4, expected one of [0]",
        ),
        ("ready = \"steady\", within = 1", stays(), Verdict::TimedOut, "it did not say \"steady\" within 1 s"),
        (
            "ready = \"steady\"",
            Container { exit: 5, oom: true, ..Container::says("no\n") },
            Verdict::Failed,
            "the container ended with exit status 5 before it said \"steady\"; the memory limit was hit",
        ),
        (
            "ready = \"ready\", exec = [\"y\"]",
            Container { exec: Some(("inside".into(), 2)), ..stays() },
            Verdict::Failed,
            "exit status 2, expected 0",
        ),
        (
            "ready = \"ready\", exec = [\"y\"]",
            Container { exec: Some(("inside".into(), 0)), ..stays() },
            Verdict::Passed,
            "",
        ),
        ("port = 80", stays(), Verdict::Broken, "the engine at unix://"),
        (
            "port = 80",
            Container::ends(6),
            Verdict::Failed,
            "the container ended with exit status 6 before port 80 answered",
        ),
    ] {
        let bench = Bench::new();
        let outcome = bench.one(&format!("service = {{ {service} }}"), container).await;
        assert_eq!(outcome.result, verdict, "{service}: {}", outcome.message);
        assert!(outcome.message.starts_with(message), "{}", outcome.message);
        assert_eq!(bench.fake.containers(), 0, "{service}");
        if outcome.is_bad() {
            assert!(!outcome.output_tail.is_empty() || service == "port = 80", "{service}: the log is missing");
            assert!(outcome.enter[0].starts_with("docker run --rm -it "), "{:?}", outcome.enter);
        }
    }
    let bench = Bench { keep: true, ..Bench::new() };
    let outcome = bench.one("service = { ready = \"never\", within = 1 }", stays()).await;
    assert!(outcome.enter[0].starts_with("docker exec -it "), "{:?}", outcome.enter);
    assert_eq!(bench.fake.containers(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_an_image_built_on_top() {
    let check = "build = { dockerfile = \"ENV A=b\\n\" }";
    let bench = Bench::new();
    bench.fake.builds(&["{\"stream\":\"Step 1/2 : FROM app:1\\n\"}"]);
    assert_eq!(bench.one(check, Container::default()).await.result, Verdict::Passed);
    let run = bench.fake.bodies().into_iter().find(|body| body["Cmd"] == json!(["x"])).unwrap();
    assert!(run["Image"].as_str().unwrap().starts_with("sage-oci-derived-"), "{run}");
    assert_eq!(bench.fake.images().len(), 1, "it is removed");
    // What the builder refuses is the image's failure; an engine without a builder shows nothing.
    bench.fake.builds(&["{\"errorDetail\":{\"message\":\"no\"},\"error\":\"no\"}"]);
    let outcome = bench.one(check, Container::default()).await;
    assert_eq!(outcome.result, Verdict::Failed);
    assert!(outcome.message.starts_with("the engine's builder gave up at"), "{}", outcome.message);
    bench.fake.refuse("POST /build", 500, "no builder");
    let outcome = bench.one(check, Container::default()).await;
    assert_eq!(outcome.result, Verdict::Broken);
    assert!(outcome.message.contains("no builder"), "{}", outcome.message);
    // A kept container needs its image.
    let bench = Bench { keep: true, ..Bench::new() };
    bench.fake.builds(&[]);
    assert_eq!(bench.one(check, Container::ends(1)).await.result, Verdict::Failed);
    assert_eq!((bench.fake.images().len(), bench.fake.containers()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there_breaks_every_check_and_no_run() {
    let bench = Bench { fake: FakeEngine::start(About::docker_28()), keep: false };
    let (report, told) =
        bench.run("[[check]]\nname = \"a\"\n[[check]]\nname = \"b\"\nimage = { user = \"x\" }\n").await;
    assert_eq!(told.len(), 2);
    for outcome in &report.checks {
        assert_eq!(outcome.result, Verdict::Broken);
        assert!(
            outcome.message.contains("the engine has no image `app:1` (import it first: `sage-oci load`)"),
            "{}",
            outcome.message
        );
    }
    assert!(!report.is_good());
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_for_people_and_machines_agree() {
    let bench = Bench::new();
    for container in [
        Container::default(),
        Container::ends(1),
        Container { start: Some((500, "no".into())), ..Container::default() },
    ] {
        bench.fake.runs(container);
    }
    let checks = "[contract]\nI1 = \"one\"\nI2 = \"two\"\n\
                  [[check]]\nname = \"a\"\ngroup = \"g\"\nproves = [\"I1\"]\ncommand = [\"x\"]\n\
                  [[check]]\nname = \"b\"\nproves = [\"I2\"]\ncommand = [\"x\", \"y z\"]\n\
                  [[check]]\nname = \"c\"\ncommand = [\"x\"]\n\
                  [[check]]\nname = \"d\"\nchannel.sid.skip = \"why <not>\"\n";
    let (report, _) = bench.run(checks).await;
    let line = summary(&report);
    assert!(line.starts_with("app:1: 1 passed, 1 failed, 1 could not be run, 1 skipped in "), "{line}");
    assert!(line.ends_with("contract: 1 proved, 1 failed"), "{line}");
    let reports = std::slice::from_ref(&report);
    let document: Value = serde_json::from_str(&to_json(reports)).unwrap();
    assert_eq!(document["version"], 2);
    let image = &document["images"][0];
    assert_eq!(image["image"], "app:1");
    let results: Vec<_> =
        image["checks"].as_array().unwrap().iter().map(|one| one["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["passed", "failed", "broken", "skipped"]);
    assert_eq!(image["checks"][1]["exit_code"], 1);
    let rows: Vec<_> =
        image["contract"].as_array().unwrap().iter().map(|row| row["result"].as_str().unwrap()).collect();
    assert_eq!(rows, ["proved", "failed"]);
    let junit = to_junit(reports).unwrap();
    assert!(junit.contains("tests=\"4\" skipped=\"1\" errors=\"1\" failures=\"1\""), "{junit}");
    assert!(junit.contains("classname=\"g\"") && junit.contains("why &lt;not&gt;"), "{junit}");
    assert!(junit.contains("[\"x\", \"y z\"]") || junit.contains("&quot;y z&quot;"), "{junit}");
}
