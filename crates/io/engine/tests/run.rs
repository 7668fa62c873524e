//! Commands in containers of the engine of this machine.

mod common;

use common::{ZSTD, engine, fresh, image, load, reference, remove};
use sage_oci_engine::{Engine, LoadOptions, RunId, RunOutput, RunSpec};
use sage_oci_names::Reference;
use std::time::{Duration, Instant};

/// An engine with a tiny image of its own under a name.
async fn prepared(purpose: &str) -> (Engine, Reference) {
    let (engine, reference) = (engine().await, reference(purpose));
    let image = image(&[&fresh(purpose)], ZSTD);
    load(&engine, &image, &reference, &LoadOptions::default()).await.0.unwrap();
    (engine, reference)
}

fn spec(reference: &Reference, arguments: &[&str]) -> RunSpec {
    let command = std::iter::once("/bin/tiny").chain(arguments.iter().copied());
    RunSpec { timeout: Duration::from_secs(120), ..RunSpec::new(reference.clone(), command, RunId::unique()) }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The containers of a run that are still there.
async fn left(engine: &Engine, run: &RunId) -> usize {
    engine.containers_of(run).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_all_kinds() {
    let (engine, reference) = prepared("answers").await;
    let run = async |spec: RunSpec| -> RunOutput {
        let output = engine.run(&spec).await.unwrap();
        assert_eq!(left(&engine, &spec.run).await, 0);
        output
    };

    let own = run(RunSpec { command: vec![], ..spec(&reference, &[]) }).await;
    assert_eq!(text(&own.stdout), "hello\n");

    let failed = run(spec(&reference, &["exit", "7"])).await;
    assert_eq!((failed.exit, text(&failed.stderr)), (Some(7), "leaving with 7\n"));
    assert!(!failed.timed_out && !failed.oom);

    let user = run(RunSpec { user: Some("123:45".to_owned()), ..spec(&reference, &["id"]) }).await;
    assert_eq!(text(&user.stdout), "123:45\n");

    let environment = run(RunSpec { env: vec!["MORE=a b".to_owned()], ..spec(&reference, &["env", "MORE"]) }).await;
    assert_eq!(text(&environment.stdout), "a b\n");

    let write = &["write", "/data/new", "content"][..];
    let artefact = |path: &str| Some(path.to_owned());
    let file = run(RunSpec { artefact: artefact("/data/new"), ..spec(&reference, write) }).await;
    assert_eq!(file.artefact.as_deref(), Some(&b"content"[..]));
    let none = run(RunSpec { artefact: artefact("/data/other"), ..spec(&reference, write) }).await;
    assert_eq!((none.exit, none.artefact), (Some(0), None));

    let read_only = run(RunSpec { read_only: true, ..spec(&reference, write) }).await;
    assert_eq!(read_only.exit, Some(4), "{}", text(&read_only.stderr));
    let tmpfs = [("/data".to_owned(), String::new())].into_iter().collect();
    let tmpfs = run(RunSpec { read_only: true, tmpfs, ..spec(&reference, write) }).await;
    assert_eq!(tmpfs.exit, Some(0), "{}", text(&tmpfs.stderr));
    remove(&engine, &reference).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_hangs_is_ended_and_what_it_said_is_kept() {
    let (engine, reference) = prepared("hangs").await;
    let spec = RunSpec { timeout: Duration::from_secs(15), ..spec(&reference, &["sleep", "600"]) };
    let output = engine.run(&spec).await.unwrap();
    assert_eq!((output.timed_out, output.exit, text(&output.stdout)), (true, None, "sleeping\n"));
    // Whoever listens has heard it, too, before the end.
    let (mut heard, begun) = (Vec::new(), Instant::now());
    let mut hear = |bytes: &[u8]| heard.push((bytes.to_vec(), begun.elapsed()));
    let output = engine.run_and_hear(&spec, &mut hear).await.unwrap();
    let all: Vec<u8> = heard.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
    assert_eq!((output.timed_out, text(&all)), (true, "sleeping\n"));
    assert!(heard.iter().all(|(_, when)| *when < spec.timeout), "{heard:?}");
    assert_eq!(left(&engine, &spec.run).await, 0);
    remove(&engine, &reference).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leftovers_of_a_run_are_removed_and_no_others() {
    let (engine, reference) = prepared("leftovers").await;
    let (mine, other) = (spec(&reference, &["sleep", "600"]), spec(&reference, &["sleep", "600"]));
    let start = |spec: RunSpec| {
        let engine = engine.clone();
        tokio::spawn(async move { engine.run(&spec).await })
    };
    let (first, second) = (start(mine.clone()), start(other.clone()));
    let began = Instant::now();
    while left(&engine, &mine.run).await + left(&engine, &other.run).await < 2 {
        assert!(!first.is_finished() && !second.is_finished(), "a run has ended: {:?}", first.await);
        assert!(began.elapsed() < Duration::from_secs(120), "the containers do not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(engine.remove_leftovers(&mine.run).await.unwrap(), 1);
    assert_eq!((left(&engine, &mine.run).await, left(&engine, &other.run).await), (0, 1));
    // Dropping the future removes the container, too.
    second.abort();
    let began = Instant::now();
    while left(&engine, &other.run).await > 0 {
        assert!(began.elapsed() < Duration::from_secs(120), "the container of a dropped run is still there");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    first.abort();
    remove(&engine, &reference).await;
}
