//! Containers of an engine that runs nothing: what they are made of, how their ends are read, and that none is left.

use sage_oci_engine::{Engine, EngineError, Host, Publish, RunId, RunSpec, Waited};
use sage_oci_fake_engine::{About, Container, FakeEngine, Image, digest};
use sage_oci_names::{Architecture, EngineImage};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// Longer than any machine takes for what is asked here.
const LONG: Duration = Duration::from_secs(60);

async fn bench(about: About) -> (FakeEngine, Engine) {
    let fake = FakeEngine::start(about);
    fake.has(Image::new(&digest(1), &[]).named("app:1"));
    let host = Host::parse(&format!("unix://{}", fake.socket().display())).unwrap();
    let engine = Engine::connect_to(&host).await.unwrap();
    (fake, engine)
}

fn image(text: &str) -> EngineImage {
    EngineImage::parse(text).unwrap()
}

fn spec() -> RunSpec {
    RunSpec::new(image("app:1"), ["/bin/app"], RunId::unique())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_leaves_behind() {
    let (fake, engine) = bench(About::docker_28()).await;
    fake.runs(Container { stdout: "out\n".into(), stderr: "err\n".into(), exit: 3, ..Container::default() });
    let output = engine.run(&spec()).await.unwrap();
    assert_eq!((&output.stdout[..], &output.stderr[..], output.exit), (&b"out\n"[..], &b"err\n"[..], Some(3)));
    assert!(!output.timed_out && !output.oom && output.artefact.is_none() && output.kept.is_none());
    assert_eq!(fake.containers(), 0);

    let files: BTreeMap<_, _> = [("/made/file".to_owned(), b"content".to_vec())].into();
    for (path, expected) in [("/made/file", Some(b"content".to_vec())), ("/made/other", None)] {
        fake.runs(Container { files: files.clone(), ..Container::default() });
        let asked = RunSpec { artefact: Some(path.to_owned()), ..spec() };
        assert_eq!(engine.run(&asked).await.unwrap().artefact, expected);
    }
}

/// The kernel's word counts, and so does a SIGKILL under a limit, which engines miss to tell.
#[tokio::test(flavor = "multi_thread")]
async fn want_of_memory_is_told_apart() {
    let (fake, engine) = bench(About::docker_28()).await;
    for (oom, exit, memory, expected) in [
        (true, 1, None, true),
        (false, 137, Some(1 << 20), true),
        (false, 137, None, false),
        (false, 1, Some(1 << 20), false),
        (false, 0, Some(1 << 20), false),
    ] {
        fake.runs(Container { oom, exit, ..Container::default() });
        let output = engine.run(&RunSpec { memory, ..spec() }).await.unwrap();
        assert_eq!((output.oom, output.exit), (expected, Some(exit)), "{oom} {exit} {memory:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_a_container_unless_it_may_be_kept() {
    for (keep, asked, kept) in [(false, true, false), (true, true, true), (true, false, false)] {
        let (fake, engine) = bench(About::docker_28()).await;
        fake.runs(Container::stays("still here"));
        let spec = RunSpec { keep, timeout: Duration::from_millis(300), ..spec() };
        let output = engine.run_and_keep(&spec, |output| output.timed_out && asked).await.unwrap();
        assert!(output.timed_out && output.exit.is_none());
        assert_eq!(output.stdout, b"still here");
        assert_eq!((output.kept.is_some(), fake.containers()), (kept, usize::from(kept)));
        let killed = fake.requests().iter().any(|request| request.ends_with("/kill"));
        assert_eq!(killed, !keep, "what may be looked into goes on");
        assert_eq!(engine.remove_leftovers(&spec.run).await.unwrap(), usize::from(kept));
        assert_eq!(fake.containers(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_cannot_be_made_or_started_leaves_nothing() {
    let (fake, engine) = bench(About::docker_28()).await;
    let error = engine.run(&RunSpec { image: image("none:1"), ..spec() }).await.unwrap_err();
    assert!(matches!(&error, EngineError::NoImage { name } if name == "none:1"), "{error:?}");
    let refused = |message: &str| Container { start: Some((500, message.to_owned())), ..Container::default() };
    let port = |host| RunSpec { publish: Some(Publish { container: 80, host }), ..spec() };
    for (words, spec, taken) in [
        ("Bind for 127.0.0.1:8080 failed: port is already allocated", port(Some(8080)), true),
        ("listen tcp4 127.0.0.1:8080: bind: address already in use", port(Some(8080)), true),
        // One that the engine chose is not a person's to change.
        ("port is already allocated", port(None), false),
        ("exec: \"/bin/app\": no such file", port(Some(8080)), false),
        ("exec: \"/bin/app\": no such file", spec(), false),
    ] {
        fake.runs(refused(words));
        let error = engine.run(&spec).await.unwrap_err();
        assert_eq!(matches!(error, EngineError::PortTaken { port: 8080 }), taken, "{words}: {error:?}");
        if !taken {
            assert!(error.to_string().contains("the engine failed while starting container "), "{error}");
        }
        fake.runs(refused(words));
        assert!(engine.start(&spec).await.is_err());
        assert_eq!(fake.containers(), 0, "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_made_as_its_spec_says() {
    let (fake, engine) = bench(About::docker_28()).await;
    let full = RunSpec {
        env: vec!["A=b".into()],
        user: Some("1:2".into()),
        working_dir: Some("/w".into()),
        read_only: true,
        tmpfs: [("/tmp".to_owned(), "exec".to_owned())].into(),
        volumes: vec!["/v".into()],
        mounts: vec![("/usr/bin/x".into(), "/host/x".into())],
        memory: Some(7),
        shm: Some(9),
        init: true,
        drop_capabilities: true,
        no_new_privileges: true,
        keep: true,
        ..spec()
    };
    engine.run_and_keep(&full, |_| false).await.unwrap();
    let body = fake.bodies().remove(0);
    let host = &body["HostConfig"];
    assert_eq!(body["Image"], "app:1");
    assert_eq!((&body["Cmd"], &body["Env"], &body["User"]), (&json!(["/bin/app"]), &json!(["A=b"]), &json!("1:2")));
    assert_eq!(body["WorkingDir"], "/w");
    assert_eq!(body["Labels"]["org.sage-oci.run"], full.run.as_str());
    assert_eq!(body["Labels"]["org.sage-oci.keep"], "yes");
    assert!(body["Labels"]["org.sage-oci.owner"].as_str().unwrap().split('/').count() == 5, "{body}");
    assert_eq!((&host["NetworkMode"], &host["ReadonlyRootfs"]), (&json!("none"), &json!(true)));
    assert_eq!((&host["Memory"], &host["MemorySwap"], &host["ShmSize"]), (&json!(7), &json!(7), &json!(9)));
    assert_eq!((&host["Binds"], &host["Tmpfs"]), (&json!(["/usr/bin/x:/host/x:ro"]), &json!({ "/tmp": "exec" })));
    assert_eq!((&host["CapDrop"], &host["SecurityOpt"]), (&json!(["ALL"]), &json!(["no-new-privileges"])));
    assert_eq!((&host["Init"], &host["Ulimits"]), (&json!(true), &json!(null)));

    // One with nothing said, one with a network, one with a port, which is a network, and podman's limits.
    let plain = |spec: RunSpec| spec;
    for (spec, mode, ports) in [
        (plain(spec()), json!("none"), json!(null)),
        (RunSpec { network: true, ..spec() }, json!(null), json!(null)),
        (
            RunSpec { publish: Some(Publish { container: 80, host: Some(8080) }), ..spec() },
            json!(null),
            json!({ "80/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "8080" }] }),
        ),
        (
            RunSpec { publish: Some(Publish { container: 80, host: None }), ..spec() },
            json!(null),
            json!({ "80/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "" }] }),
        ),
    ] {
        engine.run(&spec).await.unwrap();
        let host = fake.bodies().remove(0)["HostConfig"].clone();
        assert_eq!((&host["NetworkMode"], &host["PortBindings"]), (&mode, &ports));
        assert!(host["Memory"].is_null() && host["CapDrop"].is_null() && host["Binds"].is_null(), "{host}");
    }
    let (fake, engine) = bench(About::podman()).await;
    engine.run(&RunSpec { command: vec![], ..spec() }).await.unwrap();
    let body = fake.bodies().remove(0);
    assert!(body["Cmd"].is_null() && body["Labels"]["org.sage-oci.keep"].is_null(), "{body}");
    assert_eq!(body["HostConfig"]["Ulimits"][0], json!({ "Name": "nofile", "Soft": 1024, "Hard": 1024 }));
}

/// Whether there is an emulator is tried, and only a program that the kernel does not know means that there is none.
#[tokio::test(flavor = "multi_thread")]
async fn an_emulator_is_tried() {
    let try_it = async |machine: &str, container: Container| {
        let (fake, engine) = bench(About::docker_28().on(machine)).await;
        fake.tries(container);
        let result = engine.emulates(&image("app:1"), Architecture::Arm64, &RunId::unique()).await;
        assert_eq!(fake.containers(), 0);
        (result, fake.bodies().len())
    };
    let starts = |words: &str| Container { start: Some((500, words.to_owned())), ..Container::default() };
    // The image's own machine, and one of which nothing is known: nothing is run.
    for machine in ["arm64", ""] {
        let (result, made) = try_it(machine, Container::default()).await;
        assert_eq!((result.unwrap(), made), (false, 0), "{machine}");
    }
    // An image may be without `true`, or have one that fails.
    let absent = starts("exec: \"true\": executable file not found in $PATH");
    for runs in [Container::default(), Container::ends(1), absent] {
        let (result, made) = try_it("amd64", runs).await;
        assert_eq!((result.unwrap(), made), (true, 1));
    }
    // As engines of all ages say it: at the start, or in the container's own output.
    let says = |stderr: &str| Container { stderr: stderr.to_owned(), exit: 255, ..Container::default() };
    for refuses in [
        starts("crun: open executable: Exec format error: OCI runtime error"),
        starts("runc create failed: unable to start container process: exec: \"true\": exec format error"),
        says("standard_init_linux.go:228: exec user process caused: exec format error\n"),
    ] {
        let error = try_it("amd64", refuses).await.0.unwrap_err();
        let EngineError::CannotRun { machine, architecture, .. } = &error else { panic!("{error:?}") };
        assert_eq!((machine.as_str(), architecture.as_str()), ("amd64", "arm64"));
    }
    // An image that is not there is no question of emulators.
    let (_fake, engine) = bench(About::docker_28().on("amd64")).await;
    let error = engine.emulates(&image("none:1"), Architecture::Arm64, &RunId::unique()).await.unwrap_err();
    assert!(matches!(error, EngineError::NoImage { .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_stays_is_talked_to_and_stopped() {
    let (fake, engine) = bench(About::docker_28()).await;
    let exec = Some(("inside\n".to_owned(), 4));
    fake.runs(Container { port: Some(4567), exec, ..Container::stays("starting\nready 17\n") });
    let spec = RunSpec { publish: Some(Publish { container: 80, host: None }), ..spec() };
    let service = engine.start(&spec).await.unwrap();
    let find = |log: &str| log.lines().find_map(|line| line.strip_prefix("ready ").map(str::to_owned));
    assert_eq!(service.find(LONG, find).await, Waited::Found("17".to_owned()));
    assert_eq!(service.log(), b"starting\nready 17\n");
    assert!(service.state().await.unwrap().running);
    let output = service.exec(&["x".to_owned()], None, LONG).await.unwrap();
    assert_eq!((&output.stdout[..], output.exit), (&b"inside\n"[..], Some(4)));
    service.stop(Duration::from_secs(1)).await.unwrap();
    let state = service.state().await.unwrap();
    assert_eq!((state.running, state.exit), (false, Some(0)));
    assert_eq!(service.find(LONG, |_| None::<()>).await, Waited::Ended);
    service.remove().await.unwrap();
    assert_eq!(fake.containers(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_does_not_come_is_late_and_one_that_cannot_come_is_not_waited_for() {
    let (fake, engine) = bench(About::docker_28()).await;
    fake.runs(Container::stays("working\n"));
    let service = engine.start(&spec()).await.unwrap();
    assert_eq!(service.find(Duration::from_millis(50), |_| None::<()>).await, Waited::Late);
    let id = service.keep();
    assert_eq!((id.len(), fake.containers()), (64, 1), "it was kept");
    fake.runs(Container { exit: 5, ..Container::says("bye\n") });
    let service = engine.start(&spec()).await.unwrap();
    assert_eq!(service.find(LONG, |_| None::<()>).await, Waited::Ended);
    assert_eq!(service.state().await.unwrap().exit, Some(5));
    // What came with the end counts.
    assert_eq!(service.find(LONG, |log| log.contains("bye").then_some(())).await, Waited::Found(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_built_on_another_goes_when_it_is_told_to() {
    let (fake, engine) = bench(About::docker_28()).await;
    let run = RunId::unique();
    fake.builds(&[r#"{"stream":"Step 1/2 : FROM app:1\n"}"#, r#"{"stream":"Step 2/2 : COPY x /\n"}"#]);
    let derived = engine.derive(&image("app:1"), "COPY x /\n", &BTreeMap::new(), &run, LONG).await.unwrap();
    assert!(derived.name().to_string().starts_with("sage-oci-derived-"), "{}", derived.name());
    assert_eq!(fake.images().len(), 2);
    derived.remove().await.unwrap();
    assert_eq!(fake.images().len(), 1);
    fake.builds(&[
        r#"{"stream":"Step 1/2 : FROM app:1\n"}"#,
        r#"{"stream":"Step 2/2 : COPY x /\n"}"#,
        r#"{"errorDetail":{"message":"COPY failed: no x"},"error":"COPY failed: no x"}"#,
    ]);
    let error = engine.derive(&image("app:1"), "COPY x /\n", &BTreeMap::new(), &run, LONG).await.err().unwrap();
    assert_eq!(error.to_string(), "the engine's builder gave up at `Step 2/2 : COPY x /`: COPY failed: no x");
}

/// What dead processes have left goes; what belongs to living ones, to other machines, or was kept stays.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_a_dead_process_has_left_is_removed() {
    let (fake, engine) = bench(About::docker_28()).await;
    // Another one's: a machine that is not this one.
    let foreign = json!({ "org.sage-oci.run": "r1", "org.sage-oci.owner": "m/b/n/1/1" });
    fake.has(Image { labels: foreign, ..Image::new(&digest(2), &[]) });
    // This process's own.
    fake.runs(Container::stays("here"));
    let service = engine.start(&spec()).await.unwrap();
    // No owner that can be read.
    fake.has(Image { labels: json!({ "org.sage-oci.owner": "nonsense" }), ..Image::new(&digest(3), &[]) });
    assert_eq!(engine.remove_dead().await.unwrap(), 0);
    assert_eq!((fake.images().len(), fake.containers()), (3, 1));
    service.remove().await.unwrap();
}
