//! What Nix is asked and what is made of its answers, against programs that answer in its words and build nothing.

use sage_oci_derivation::{DerivationBuilder, Derivations, Finished};
use sage_oci_fake_nix::{FakeNix, Verb};
use sage_oci_hint::Hint as _;
use sage_oci_names::{Sha256, StorePath};
use sage_oci_store::{Event, FixedDirectory, Nix, NixVersion, Settings, StoreError, Target};
use std::ops::ControlFlow;
use std::time::Duration;

fn path(name: &str) -> StorePath {
    StorePath::parse(&format!("/nix/store/{}-{name}", "0".repeat(32))).unwrap()
}

struct Bench {
    fake: FakeNix,
    nix: Nix,
    graph: Derivations,
}

impl Bench {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let fake = FakeNix::new();
        let mut settings = Settings {
            programs: Some(fake.programs()),
            store: Some(fake.store()),
            logs: Some(fake.folder().join("logs")),
            staging: Some(fake.folder().join("staging")),
            ..Settings::default()
        };
        change(&mut settings);
        let nix = Nix::discover(settings).unwrap();
        fake.calls();
        Self { fake, nix, graph: Derivations::default() }
    }

    fn derivation(&mut self, name: &str, inputs: &[&Finished]) -> Finished {
        let builder = DerivationBuilder::new(name, "x86_64-linux", "/bin/builder").env("text", name);
        let builder = inputs.iter().fold(builder, |builder, input| builder.input(input, "out"));
        let finished = self.graph.add(builder).unwrap().clone();
        self.fake.knows(&finished.path, finished.outputs.values());
        finished
    }

    fn realise(&self, targets: &[&Finished]) -> (Result<sage_oci_store::Realised, StoreError>, Vec<Event>) {
        let mut events = Vec::new();
        let targets: Vec<Target> = targets.iter().map(|finished| Target::from(*finished)).collect();
        let done = self.nix.realise(&targets, &mut |event| {
            events.extend((event != Event::Tick).then_some(event));
            ControlFlow::Continue(())
        });
        (done, events)
    }

    /// What registering fails with where Nix says this.
    fn refused(&mut self, words: &str) -> StoreError {
        self.derivation("refused", &[]);
        self.fake.on(Verb::Import, &format!("cat >/dev/null; printf '%s\\n' \"{words}\" >&2; exit 1\n"));
        self.nix.register(self.graph.iter()).unwrap_err()
    }

    fn logs(&self) -> usize {
        sage_oci_files::list(self.fake.folder().join("logs")).unwrap_or_default().len()
    }
}

#[test]
fn a_version_decides_whether_it_is_taken() {
    let bench = Bench::new();
    assert_eq!(bench.nix.version(), NixVersion { major: 2, minor: 34 });
    let find = |answer: &str| {
        let fake = FakeNix::new();
        fake.on(Verb::Version, &format!("echo '{answer}'; exit 0\n"));
        let settings = Settings { programs: Some(fake.programs()), store: Some(fake.store()), ..Settings::default() };
        Nix::discover(settings).map(|nix| nix.version().to_string())
    };
    assert_eq!(find("nix-store (Nix) 2.4").unwrap(), "2.4");
    let error = find("nix-store (Nix) 2.3.16").unwrap_err();
    assert_eq!(error.to_string(), "Nix 2.3 is too old; 2.4 or newer is needed");
    assert!(error.hint().unwrap().contains("nixos.org/download"));
    let error = find("store of nuts").unwrap_err();
    assert!(error.to_string().contains("does not say its version, but: store of nuts"), "{error}");
}

#[test]
fn only_what_is_on_disk_is_asked_for() {
    let bench = Bench::new();
    let (there, absent, forgotten) = (path("there"), path("absent"), path("forgotten"));
    assert_eq!(bench.nix.is_valid(std::slice::from_ref(&absent)).unwrap(), [false]);
    assert_eq!(bench.fake.calls(), [], "Nix was asked of what is not there");
    bench.fake.holds(&there);
    bench.fake.holds(&forgotten);
    bench.fake.forgets(&forgotten);
    let asked = [there.clone(), absent, forgotten, there.clone()];
    assert_eq!(bench.nix.is_valid(&asked).unwrap(), [true, false, false, true]);
    let calls = bench.fake.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].paths.len(), 2, "each once");
    assert_eq!(bench.nix.is_valid(&[]).unwrap(), [] as [bool; 0]);
    assert_eq!(bench.fake.calls(), []);
}

#[test]
fn derivations_are_sent_once_and_inputs_first() {
    let mut bench = Bench::new();
    // Their names sort the other way round than they must come.
    let low = bench.derivation("z-low", &[]);
    let middle = bench.derivation("m-middle", &[&low]);
    let top = bench.derivation("a-top", &[&middle, &low]);
    bench.nix.register([&top, &middle, &low]).unwrap();
    let stream = sage_oci_files::read(bench.fake.folder().join("state/stream")).unwrap();
    // Behind each archive stand a sign, a length of eight bytes, and the path.
    let signs = (0..stream.len() - 4).filter(|at| &stream[*at..*at + 4] == b"NIXE");
    let paths: Vec<_> = signs
        .map(|at| {
            let length = usize::from(stream[at + 8]);
            String::from_utf8_lossy(&stream[at + 16..at + 16 + length]).into_owned()
        })
        .collect();
    assert_eq!(paths, [low.path.to_string(), middle.path.to_string(), top.path.to_string()]);
    bench.fake.calls();
    bench.nix.register([&top, &middle, &low]).unwrap();
    assert_eq!(bench.fake.verbs(), [Verb::Validity]);
    bench.fake.loses(&middle.path);
    bench.nix.register([&top, &middle, &low]).unwrap();
    let stream = sage_oci_files::read(bench.fake.folder().join("state/stream")).unwrap();
    // One member: a stream is numbered by ones, and ended by a zero (eight bytes each).
    assert_eq!(stream.windows(4).filter(|word| *word == b"NIXE").count(), 1);
    bench.nix.register([]).unwrap();
}

#[test]
fn a_daemon_gets_derivations_as_a_text_and_its_paths_are_held_to_ours() {
    let mut bench = Bench::with(|settings| {
        let root = settings.store.as_deref().and_then(|store| store.split_once("root=")).unwrap().1.to_owned();
        settings.store = Some(format!("unix:///no/socket?root={root}"));
    });
    let low = bench.derivation("low", &[]);
    let top = bench.derivation("top", &[&low]);
    let answer = |lines: &[&str]| {
        let text = lines.iter().map(|line| format!("echo '{line}'\n")).collect::<String>();
        bench.fake.on(Verb::Instantiate, &format!("cat >\"$state/text\"\n{text}exit 0\n"));
        bench.nix.register([&top, &low])
    };
    // A derivation without the output `out` is printed with its first one.
    answer(&[low.path.as_str(), &format!("{}!dev", top.path)]).unwrap();
    let text = bench.fake.text();
    assert!(text.contains("d0 = derivation") && text.contains("${d0.\"out\"}"), "{text}");
    let error = answer(&[low.path.as_str(), path("other.drv").as_str()]).unwrap_err();
    assert_eq!(error.to_string(), format!("Nix computes `{}` for the derivation `{}`", path("other.drv"), top.path));
    assert!(error.hint().unwrap().contains("report this"));
    let error = answer(&[low.path.as_str()]).unwrap_err();
    assert!(
        matches!(&error, StoreError::Disagreement { expected, actual } if *expected == top.path && actual.is_empty())
    );
}

#[test]
fn nixs_words_become_an_error_with_what_to_do() {
    for (words, said, hint) in [
        ("error: writing to file: No space left on device", "no space is left on the device", Some("nix-store --gc")),
        (
            "error: creating directory '/nix': Read-only file system",
            "the store may not be written",
            Some("mount options"),
        ),
        (
            "error: cannot add path 'x' because it lacks a signature by a trusted key",
            "does not trust",
            Some("trusted-users"),
        ),
        ("error: interrupted by the user", "interrupted while Nix was to register derivations", None),
        ("error: this is new", "Nix could not register derivations: this is new", None),
        ("warning: nothing else", "Nix could not register derivations: warning: nothing else", None),
        (
            "error: this system does not support the kernel namespaces: user namespaces are not enabled",
            "user namespaces are not enabled",
            Some("--privileged"),
        ),
    ] {
        let error = Bench::new().refused(words);
        assert!(error.to_string().contains(said), "{error}");
        match hint {
            Some(hint) => assert!(error.hint().is_some_and(|text| text.contains(hint)), "{:?}", error.hint()),
            None => assert_eq!(error.hint(), None, "{error}"),
        }
        assert!(error.log().is_none());
    }
    for (words, again) in [
        ("error: SQLite database is busy", true),
        ("error: cannot connect to socket: Connection refused", true),
        ("error: timed out", true),
        ("error: interrupted by the user", true),
        ("error: this is new", false),
        ("error: writing to file: No space left on device", false),
    ] {
        assert_eq!(Bench::new().refused(words).should_retry(), again, "{words}");
    }
}

#[test]
fn a_signal_or_its_status_means_that_it_was_interrupted() {
    for (end, interrupted) in [
        ("kill -INT $$", true),
        ("kill -TERM $$", true),
        ("kill -HUP $$", true),
        ("exit 130", true),
        ("exit 143", true),
        ("exit 129", true),
        ("exit 1", false),
        ("exit 137", false),
    ] {
        let mut bench = Bench::new();
        bench.derivation("one", &[]);
        bench.fake.on(Verb::Import, &format!("cat >/dev/null; {end}\n"));
        let error = bench.nix.register(bench.graph.iter()).unwrap_err();
        assert_eq!(matches!(error, StoreError::Interrupted { .. }), interrupted, "{end}: {error:?}");
        if !interrupted {
            assert_eq!(error.to_string(), "Nix could not register derivations: it said nothing");
        }
    }
}

/// A program that ends before it has read all breaks the pipe; what it said is the reason.
#[test]
fn a_broken_pipe_does_not_hide_why() {
    let mut bench = Bench::new();
    let builder = DerivationBuilder::new("long", "x86_64-linux", "/bin/builder").env("text", "x".repeat(1 << 20));
    bench.graph.add(builder).unwrap();
    bench.fake.on(Verb::Import, "echo 'error: not today' >&2; exit 1\n");
    let error = bench.nix.register(bench.graph.iter()).unwrap_err();
    assert_eq!(error.to_string(), "Nix could not register derivations: not today");
    // One that says it went well has not read all either way.
    bench.fake.on(Verb::Import, "exit 0\n");
    let error = bench.nix.register(bench.graph.iter()).unwrap_err();
    assert!(matches!(error, StoreError::Derivation(_)), "{error:?}");
}

#[test]
fn a_program_that_cannot_be_started_is_named() {
    let mut bench = Bench::new();
    bench.derivation("one", &[]);
    sage_oci_files::remove_file(bench.fake.programs().join("nix-store")).unwrap();
    let error = bench.nix.register(bench.graph.iter()).unwrap_err();
    assert!(matches!(error, StoreError::Run { .. }), "{error:?}");
    assert!(error.to_string().contains("/bin/nix-store`"), "{error}");
    assert_eq!(error.hint(), None);
    let one = bench.graph.iter().next().unwrap().clone();
    let error = bench.realise(&[&one]).0.unwrap_err();
    assert!(matches!(error, StoreError::Run { .. }), "{error:?}");
}

#[test]
fn files_are_added_all_at_once_but_those_that_are_there() {
    let bench = Bench::new();
    let file = bench.fake.folder().join("file");
    sage_oci_files::write_atomic(&file, b"content").unwrap();
    let directory =
        |name: &str| FixedDirectory { path: path(name), files: [("deep/er.deb".to_owned(), file.clone())].into() };
    let all = [directory("debs-a"), directory("debs-b"), directory("debs-c")];
    bench.fake.holds(&path("debs-b"));
    bench.nix.add_fixed(&all).unwrap();
    let calls = bench.fake.calls();
    let added = calls.iter().find(|call| call.verb == Verb::Add).unwrap();
    assert_eq!(calls.iter().filter(|call| call.verb == Verb::Add).count(), 1);
    assert!(added.paths.len() == 2 && added.paths[0].ends_with("/0/debs-a") && added.paths[1].ends_with("/1/debs-c"));
    assert!(added.arguments.windows(2).any(|words| words == ["--recursive", "sha256"]), "{:?}", added.arguments);
    let copied = sage_oci_files::read(bench.fake.real(&path("debs-a")).join("deep/er.deb")).unwrap();
    assert_eq!(copied, b"content");
    assert!(sage_oci_files::list(bench.fake.folder().join("staging")).unwrap().is_empty());

    bench.nix.add_fixed(&all).unwrap();
    assert_eq!(bench.fake.verbs(), [Verb::Validity]);

    // Of three folders the middle one has another content.
    let other = StorePath::parse(&format!("/nix/store/{}-debs-d", "1".repeat(32))).unwrap();
    let wrong = FixedDirectory { path: other.clone(), ..directory("debs-d") };
    let error = bench.nix.add_fixed(&[directory("debs-e"), wrong, directory("debs-f")]).unwrap_err();
    let StoreError::WrongContent { expected, actual } = &error else { panic!("{error:?}") };
    assert_eq!((expected, actual.as_str()), (&other, path("debs-d").as_str()));
    assert!(error.to_string().contains("their content is not the one that was promised"), "{error}");
    assert!(error.hint().unwrap().contains("remove the files from the cache"));
    // A file that is gone is named.
    sage_oci_files::remove_file(&file).unwrap();
    let error = bench.nix.add_fixed(&[directory("debs-g")]).unwrap_err();
    assert!(matches!(error, StoreError::File(_)) && error.to_string().contains("file"), "{error}");
}

#[test]
fn a_program_is_added_with_the_name_that_its_bytes_give_it() {
    let bench = Bench::new();
    let program = bench.fake.folder().join("program");
    sage_oci_fake_program::write_program(&program, "#!/bin/sh\n");
    let known = |path: &StorePath| bench.fake.knows(&StorePath::parse(&format!("{path}.drv")).unwrap(), [path]);
    // The path is computed before Nix is asked: it answers with another one here, and that is an error.
    let expected = match bench.nix.add_tool("tool", &program).unwrap_err() {
        StoreError::WrongContent { expected, .. } => expected,
        other => panic!("{other:?}"),
    };
    known(&expected);
    assert_eq!(bench.nix.add_tool("tool", &program).unwrap(), expected);
    let added = bench.fake.real(&expected).join("bin/tool");
    assert_eq!(sage_oci_files::read_to_string(&added).unwrap(), "#!/bin/sh\n");
    bench.fake.calls();
    // The same bytes from memory are the same path, which is there now.
    assert_eq!(bench.nix.add_program("tool", b"#!/bin/sh\n").unwrap(), expected);
    assert_eq!(bench.fake.verbs(), [Verb::Validity]);
    assert_eq!(sage_oci_files::list(bench.fake.folder().join("staging")).unwrap().len(), 0);
    bench.fake.loses(&expected);
    assert_eq!(bench.nix.add_program("tool", b"#!/bin/sh\n").unwrap(), expected);
    use std::os::unix::fs::PermissionsExt;
    let mode = sage_oci_files::metadata(&added).unwrap().permissions().mode();
    assert_eq!(mode & 0o111, 0o111, "it can be run: {mode:o}");

    let plain = bench.fake.folder().join("plain");
    sage_oci_files::write_atomic(&plain, b"x").unwrap();
    sage_oci_files::open(&plain).unwrap().set_permissions(PermissionsExt::from_mode(0o644)).unwrap();
    let error = bench.nix.add_tool("plain", &plain).unwrap_err();
    assert!(error.to_string().contains("plain") && matches!(error, StoreError::File(_)), "{error:?}");
}

#[test]
fn what_is_built_is_told_and_what_is_there_is_not_built() {
    let mut bench = Bench::new();
    let (low, other) = (bench.derivation("low", &[]), bench.derivation("other", &[]));
    bench.fake.holds(other.out());
    let (done, events) = bench.realise(&[&low, &other]);
    let realised = done.unwrap();
    assert_eq!(realised.outputs, [low.out().clone(), other.out().clone()]);
    assert_eq!(realised.built, [low.path.clone()].into());
    let derivation = low.path.clone();
    assert_eq!(events, [Event::BuildStarted { derivation: derivation.clone() }, Event::BuildFinished { derivation }]);
    assert_eq!(bench.logs(), 0);
    assert_eq!(bench.realise(&[]).0.unwrap(), sage_oci_store::Realised::default());
    assert_eq!(bench.fake.verbs(), [Verb::Build], "nothing is asked for nothing");
}

#[test]
fn going_on_after_a_failure_is_asked_for_by_a_flag() {
    for keep_going in [false, true] {
        let mut bench = Bench::with(|settings| settings.keep_going = keep_going);
        let one = bench.derivation("one", &[]);
        bench.realise(&[&one]).0.unwrap();
        let arguments = &bench.fake.calls()[0].arguments;
        assert_eq!(arguments.contains(&"--keep-going".to_owned()), keep_going);
        assert!(arguments.windows(2).any(|words| words == ["--log-format", "internal-json"]), "{arguments:?}");
    }
}

#[test]
fn a_failure_keeps_its_log_and_an_end_by_hand_none() {
    let mut bench = Bench::new();
    let bad = bench.derivation("bad", &[]);
    bench.fake.fails(&bad.path);
    let error = bench.realise(&[&bad]).0.unwrap_err();
    let StoreError::BuildFailed { status: Some(7), others: 0, log, .. } = &error else { panic!("{error:?}") };
    assert!(error.to_string().ends_with("failed with exit code 7\n  > it does not build"), "{error}");
    assert_eq!(error.log(), Some(log.as_path()));
    assert_eq!(bench.logs(), 1);
    bench.fake.on(Verb::Build, "echo 'error: interrupted by the user' >&2; exit 130\n");
    assert!(matches!(bench.realise(&[&bad]).0, Err(StoreError::Interrupted { .. })));
    assert_eq!(bench.logs(), 1);
    // A full disk that the builder met, told by its words alone.
    let line = |text: &str| {
        format!("echo '@nix {{\"action\":\"result\",\"id\":1,\"type\":101,\"fields\":[\"{text}\"]}}' >&2\n")
    };
    let start = format!(
        "echo '@nix {{\"action\":\"start\",\"id\":1,\"type\":105,\"fields\":[\"{}\"]}}' >&2\n{}\
         printf '%s\\n' '@nix {{\"action\":\"msg\",\"level\":0,\"msg\":\"builder for \\u0027{}\\u0027 failed\"}}' >&2; exit 1\n",
        bad.path,
        line("write: No space left on device"),
        bad.path
    );
    bench.fake.on(Verb::Build, &start);
    let error = bench.realise(&[&bad]).0.unwrap_err();
    assert!(matches!(&error, StoreError::NoSpace { log: Some(_), .. }), "{error:?}");
    assert!(error.to_string().contains("-bad.drv: write: No space left on device"), "{error}");
}

#[test]
fn builds_that_stand_still_are_ended_and_named() {
    let mut bench = Bench::with(|settings| settings.patience = Some(Duration::from_millis(300)));
    let slow = bench.derivation("slow", &[]);
    bench.fake.on(
        Verb::Build,
        &format!(
            "echo '@nix {{\"action\":\"start\",\"id\":1,\"type\":105,\"fields\":[\"{}\"]}}' >&2\n\
             sleep 300 & trap 'kill $!; exit 143' TERM; wait\n",
            slow.path
        ),
    );
    let error = bench.realise(&[&slow]).0.unwrap_err();
    let StoreError::Stalled { derivations, processes, log, .. } = &error else { panic!("{error:?}") };
    assert_eq!(derivations, std::slice::from_ref(&slow.path));
    assert!(processes.iter().any(|process| process.starts_with("sleep (")), "{processes:?}");
    assert!(error.to_string().contains("hung: neither output nor processor time for 0 s"), "{error}");
    assert!(error.hint().unwrap().contains("--stall-timeout") && error.should_retry());
    assert!(sage_oci_files::read_to_string(log).unwrap().contains("building "));
}

#[test]
fn a_closure_is_told_with_what_the_database_knows() {
    let bench = Bench::new();
    let (app, lib) = (path("app"), path("lib"));
    bench.fake.holds(&app);
    bench.fake.holds(&lib);
    bench.fake.tells(&[(&lib, Sha256::new([1; 32]), 7, &[]), (&app, Sha256::new([2; 32]), 8, &[&lib, &app])]);
    let known = bench.nix.closure(std::slice::from_ref(&app)).unwrap();
    let told: Vec<_> = known.iter().map(|one| (one.path.name(), one.nar_size, one.references.len())).collect();
    assert_eq!(told, [("app", 8, 2), ("lib", 7, 0)], "sorted, as are the references");
    assert!(known[0].references.is_sorted());
    let error = bench.nix.closure(&[lib, path("none")]).unwrap_err();
    assert!(matches!(error, StoreError::NotValid { path: told } if told == path("none")));
}

#[test]
fn a_path_is_kept_by_a_link_and_brought_from_a_cache() {
    let bench = Bench::new();
    let link = bench.fake.folder().join("result");
    bench.nix.add_root(&path("kept"), &link).unwrap();
    let call = bench.fake.calls().remove(0);
    assert_eq!((call.verb, &call.paths[..]), (Verb::Root, &[path("kept").to_string()][..]));
    assert!(call.arguments.contains(&"--indirect".to_owned()), "{:?}", call.arguments);
    assert_eq!(sage_oci_files::read_link(&link).unwrap(), std::path::Path::new(path("kept").as_str()));

    let error = bench.nix.substitute(&path("far")).unwrap_err();
    assert!(error.to_string().starts_with("Nix could not fetch a path from a binary cache: path '"), "{error}");
    bench.fake.caches(&path("far"));
    bench.nix.substitute(&path("far")).unwrap();
    assert!(bench.fake.has(&path("far")));
}

#[test]
fn settings_become_options_that_every_command_gets() {
    let bench = Bench::with(|settings| {
        settings.jobs = Some(3);
        settings.cores = Some(2);
        settings.substituters = Some("https://a https://b".to_owned());
        settings.sandbox = Some(false);
    });
    bench.fake.holds(&path("x"));
    bench.nix.is_valid(&[path("x")]).unwrap();
    let arguments = bench.fake.calls().remove(0).arguments;
    let option = |name: &str| {
        arguments.windows(3).find(|words| words[0] == "--option" && words[1] == name).map(|words| words[2].clone())
    };
    assert_eq!(option("cores").as_deref(), Some("2"));
    assert_eq!(option("substituters").as_deref(), Some("https://a https://b"));
    assert_eq!(option("sandbox").as_deref(), Some("false"));
    // Never more than there are build users, however many those are on this machine.
    assert!(option("max-jobs").is_some_and(|jobs| (1..=3).contains(&jobs.parse::<u32>().unwrap())));
    assert_eq!(bench.nix.option("cores"), Some("2"));
    assert_eq!(bench.nix.option("no-such-option"), None);
    assert!(arguments.windows(2).any(|words| words[0] == "--store" && words[1] == bench.fake.store()));
    assert_eq!(bench.nix.real_path(&path("x")), bench.fake.real(&path("x")));
}
