//! What is asked of whom, and in which order: of Nix, which builds nothing here, and of a mirror on this machine.

mod common;

use common::{Bench, Recorder, names, outputs, stop};
use sage_oci_fake_mirror::{Fault, When};
use sage_oci_fake_nix::Verb;
use sage_oci_fetch::FetchError;
use sage_oci_hint::Hint as _;
use sage_oci_produce::ProduceError;
use sage_oci_store::StoreError;

/// What Nix is asked for an image of which nothing is there: to take derivations, what it would build, to add archives, to build.
const WHOLE: [Verb; 4] = [Verb::Import, Verb::Missing, Verb::Add, Verb::Build];
/// How many archives the image `tool` is made of, its wheel among them.
const ARCHIVES: usize = 11;
/// Where the wheel lies.
const WHEEL: &str = "/wheels/widgets-1.0-py3-none-any.whl";

fn is_fetch(name: &str) -> bool {
    name.starts_with("debs-") || name.starts_with("wheel-") || name.starts_with("source-")
}

/// The calls that change or decide something; what is asked of validity hangs on what is on disk.
fn acts(asked: &[Verb]) -> Vec<Verb> {
    asked.iter().copied().filter(|verb| *verb != Verb::Validity).collect()
}

#[test]
fn an_image_that_is_not_there_is_fetched_added_and_built() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    let (done, course) = bench.realise(&plan);
    assert!(done.unwrap());
    assert_eq!(acts(&course.asked), WHOLE);
    // Each archive once, from the mirror of its own suite, and the wheel from where the definition says.
    let lock = bench.lock(sage_oci_names::Architecture::Amd64);
    let layers = ["base", "python", "tool"];
    let packages = lock.packages.iter().filter(|package| layers.contains(&package.layer.as_str()));
    let expected = packages.map(|package| {
        let root = if package.suite.as_deref() == Some("sid-security") { "debian-security" } else { "debian" };
        format!("/{root}/{}", package.path)
    });
    let mut expected: Vec<_> = expected.chain([WHEEL.to_owned()]).collect();
    expected.sort();
    assert_eq!(course.requests, expected);
    assert_eq!(names(&bench.downloads.folder).len(), expected.len());
    // No fetch is left for Nix, and the image is the last that it builds.
    let built = course.built();
    assert!(!built.iter().any(|name| is_fetch(name)), "{built:?}");
    assert_eq!(built.last().map(String::as_str), Some(plan.image().name()));
    assert!(bench.nix.has(plan.image()) && bench.nix.has(plan.derivation()));
    assert_eq!(expected.len(), ARCHIVES);
}

#[test]
fn what_is_there_is_left_alone() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    bench.nix.holds(plan.image());
    let (done, course) = bench.realise(&plan);
    assert!(!done.unwrap(), "nothing was done");
    assert_eq!((course.asked, course.requests.len(), course.events), (vec![Verb::Validity], 0, vec![]));
    assert!(course.fetched.is_empty() && course.said.is_empty());
    // On disk, and unknown to Nix: half a copy.
    bench.nix.forgets(plan.image());
    let (done, course) = bench.realise(&plan);
    assert!(done.unwrap());
    assert_eq!(acts(&course.asked), WHOLE);
}

#[test]
fn only_what_nix_would_fetch_is_fetched() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    let outputs = outputs(&plan);
    // The archives of two layers are in the store; those of a third are in a binary cache, from where Nix gets them.
    for name in ["debs-base", "debs-python"] {
        bench.nix.holds(&outputs[name]);
    }
    bench.nix.caches(&outputs["debs-tool"]);
    let (done, course) = bench.realise(&plan);
    assert!(done.unwrap());
    assert_eq!(course.requests, [WHEEL]);
    let said = course.said.iter().map(|(summary, layers)| (summary.fetched, *layers)).collect::<Vec<_>>();
    assert_eq!(said, [(1, 1)]);
    assert_eq!(acts(&course.asked), WHOLE);
}

#[test]
fn where_nothing_is_to_be_fetched_nothing_is_added() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    let fetched = outputs(&plan);
    for output in fetched.iter().filter(|(name, _)| is_fetch(name)) {
        bench.nix.holds(output.1);
    }
    let (done, course) = bench.realise(&plan);
    assert!(done.unwrap());
    assert_eq!(acts(&course.asked), [Verb::Import, Verb::Missing, Verb::Build]);
    assert!(course.said.is_empty(), "nobody is told of archives: {:?}", course.said);
}

#[test]
fn derivations_that_are_there_are_not_sent_again() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    plan.register(&bench.store()).unwrap();
    assert_eq!(acts(&bench.nix.verbs()), [Verb::Import]);
    plan.register(&bench.store()).unwrap();
    assert_eq!(acts(&bench.nix.verbs()), []);
    let (_, course) = bench.realise(&plan);
    assert_eq!(acts(&course.asked), [Verb::Missing, Verb::Add, Verb::Build]);
}

#[test]
fn a_download_that_fails_ends_it_before_anything_is_added_and_what_came_is_kept() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    bench.mirror.on("/debian/*/bash_*", When::Always, Fault::Status(404));
    let (done, course) = bench.realise(&plan);
    let error = done.unwrap_err();
    let ProduceError::Fetch(FetchError::Failed { failures, .. }) = &error else { panic!("{error:?}") };
    assert_eq!(failures.iter().map(|one| &one.path[..]).collect::<Vec<_>>(), ["pool/main/b/bash/bash_5.3-1_amd64.deb"]);
    assert!(error.to_string().contains("bash_5.3-1_amd64.deb") && error.hint().is_some(), "{error}");
    assert_eq!(acts(&course.asked), WHOLE[..2]);
    assert!(course.said.is_empty() && course.events.is_empty());
    assert!(!bench.nix.has(plan.image()));

    let kept = names(&bench.downloads.folder).into_iter().filter(|name| name.ends_with(".deb")).count();
    bench.mirror.behave();
    let (done, course) = bench.realise(&plan);
    assert!(done.unwrap());
    assert_eq!(course.requests.len(), ARCHIVES - kept, "{:?}", course.requests);
    let fetched: Vec<_> = course.said.iter().map(|(summary, _)| (summary.fetched, summary.present)).collect();
    assert_eq!(fetched, [(ARCHIVES - kept, kept)]);
}

#[test]
fn a_mirror_that_stumbles_is_asked_again_and_people_are_told() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    bench.mirror.on("/debian/*/libc6_*", When::First(1), Fault::Status(503));
    let (done, course) = bench.realise(&plan);
    assert!(done.unwrap());
    let again: Vec<_> = course.fetched.iter().filter(|line| line.starts_with("again ")).collect();
    assert!(again.len() == 1 && again[0].contains("libc6_"), "{again:?}");
}

#[test]
fn archives_that_cannot_be_added_are_not_fetched_a_second_time() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    bench.nix.on(Verb::Add, "echo 'error: writing to file: No space left on device' >&2; exit 1\n");
    let (done, course) = bench.realise(&plan);
    let error = done.unwrap_err();
    assert!(matches!(error, ProduceError::Store(StoreError::NoSpace { .. })), "{error:?}");
    assert!(error.hint().unwrap().contains("nix-store --gc"));
    assert_eq!(acts(&course.asked), WHOLE[..3]);
    assert_eq!(names(&bench.nix.folder().join("staging")).len(), 0, "what was laid out is gone");

    bench.nix.behaves();
    let (done, course) = bench.realise(&plan);
    assert!(done.unwrap());
    assert_eq!(course.requests.len(), 0);
    assert_eq!(course.said.iter().map(|(summary, _)| summary.present).collect::<Vec<_>>(), [ARCHIVES]);
}

#[test]
fn a_folder_that_is_not_what_the_lock_promises() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    bench.nix.spoils("debs-python");
    let (done, course) = bench.realise(&plan);
    let error = done.unwrap_err();
    let promised = &outputs(&plan)["debs-python"];
    assert!(matches!(&error, ProduceError::Folder { promised: told, .. } if told == promised), "{error:?}");
    let text = error.to_string();
    assert!(text.starts_with("the archives of `debs-python` are those of the lock, and their folder is not"), "{text}");
    assert!(text.ends_with("`/nix/store/00000000000000000000000000000000-debs-python`"), "{text}");
    assert_eq!(error.hint().as_deref(), Some("restore the committed lock; locks are not edited by hand"));
    assert_eq!(acts(&course.asked), WHOLE[..3], "nothing is built of it");
}

#[test]
fn what_was_built_before_a_failure_is_not_built_again() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    let layers = plan.layers();
    let bad = &layers.iter().find(|layer| layer.name.as_str() == "python").unwrap().handle.derivation;
    bench.nix.fails(bad);
    let (done, first) = bench.realise(&plan);
    let error = done.unwrap_err();
    let ProduceError::Store(StoreError::BuildFailed { derivation, status, lines, log, .. }) = &error else {
        panic!("{error:?}")
    };
    assert_eq!((derivation, *status, &lines[..]), (bad, Some(7), &["it does not build".to_owned()][..]));
    assert!(sage_oci_files::read_to_string(log).unwrap().contains("layer-python> it does not build"));
    assert!(error.hint().unwrap().contains("the whole log is in"));
    assert_eq!(first.built().last().map(String::as_str), Some("layer-python"));

    bench.nix.behaves();
    let (done, second) = bench.realise(&plan);
    assert!(done.unwrap());
    assert_eq!(acts(&second.asked), [Verb::Missing, Verb::Build], "derivations and archives are there");
    assert_eq!(second.built()[0], "layer-python");
    assert_eq!(second.built().iter().filter(|name| first.built().contains(name)).count(), 1);
    assert_eq!(names(&bench.nix.folder().join("logs")).len(), 1, "the log of the failure alone");
}

#[test]
fn who_watches_can_stop_it() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    // Nix's own end: it waits to be told.
    bench.nix.on(
        Verb::Build,
        "trap 'exit 143' TERM; echo '@nix {\"action\":\"msg\",\"level\":1,\"msg\":\"begun\"}' >&2; \
                               while :; do sleep 0.02; done\n",
    );
    let nix = bench.store();
    let mut recorder = Recorder { stops: true, ..Recorder::default() };
    let error = plan.realise(&nix, &bench.downloads, &mut recorder).unwrap_err();
    assert!(matches!(error, ProduceError::Store(StoreError::Interrupted { .. })), "{error:?}");
    assert_eq!(recorder.events.len(), 1, "it is not asked again: {:?}", recorder.events);
    assert_eq!(names(&bench.nix.folder().join("logs")).len(), 0, "there is nothing to look into");

    // A download that is asked to stop before it begins.
    let bench = Bench::new();
    let plan = bench.plan("tool");
    stop(&bench, true);
    let (done, course) = bench.realise(&plan);
    let error = done.unwrap_err();
    assert!(matches!(error, ProduceError::Fetch(FetchError::Cancelled)), "{error:?}");
    assert_eq!(acts(&course.asked), WHOLE[..2]);
    stop(&bench, false);
    assert!(bench.realise(&plan).0.unwrap());
}

#[test]
fn people_are_told_how_much_there_is() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    let (_, course) = bench.realise(&plan);
    let lock = bench.lock(sage_oci_names::Architecture::Amd64);
    let bytes = |security: bool| -> (usize, u64) {
        let own =
            lock.packages.iter().filter(|one| one.layer.as_str() != "tool-dev-gcc" && one.suite.is_some() == security);
        (own.clone().count(), own.map(|one| one.size).sum())
    };
    // A download for all that shares its mirrors; packages come from two suites, the wheel from its own place.
    let line = |(files, bytes): (usize, u64)| format!("{files} files of {bytes} bytes");
    let mut expected = vec![line(bytes(false)), line(bytes(true)), line((1, 7))];
    let mut fetched = course.fetched.clone();
    expected.sort();
    fetched.sort();
    assert_eq!(fetched, expected);
    let all = bytes(false).1 + bytes(true).1 + 7;
    let [(summary, layers)] = course.said[..] else { panic!("{:?}", course.said) };
    assert_eq!((summary.fetched, summary.present, summary.bytes, layers), (ARCHIVES, 0, all, 4));
}

#[test]
fn lists_of_contents_come_back_without_the_image() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    bench.realise(&plan).0.unwrap();
    let (done, course) = bench.contents(&plan);
    done.unwrap();
    assert_eq!(course.asked, [Verb::Validity], "all are there");
    let layers = plan.layers();
    let one = layers.iter().find(|layer| layer.name.as_str() == "tool").unwrap().handle;
    bench.nix.loses(one.contents.as_ref().unwrap());
    bench.nix.loses(plan.image());
    let (done, course) = bench.contents(&plan);
    done.unwrap();
    assert_eq!(acts(&course.asked), [Verb::Missing, Verb::Build]);
    assert_eq!(course.built()[0], "layer-tool");
    // What it asks for is every layer, and not the image.
    bench.nix.loses(one.contents.as_ref().unwrap());
    let nix = bench.store();
    plan.realise_contents(&nix, &bench.downloads, &mut Recorder::default()).unwrap();
    let built = bench.nix.calls().into_iter().find(|call| call.verb == Verb::Build).unwrap();
    assert_eq!(built.paths.len(), layers.len());
    assert!(!built.paths.contains(&plan.derivation().to_string()));
}

#[test]
fn what_would_be_done_is_told_and_nothing_of_it_done() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    let held = &outputs(&plan)["layer-base"];
    bench.nix.caches(&outputs(&plan)["debs-tool"]);
    let missing = plan.missing(&bench.store()).unwrap();
    assert_eq!(acts(&bench.nix.verbs()), WHOLE[..2]);
    assert!(missing.build.contains(plan.derivation()));
    assert_eq!(missing.substitute, [outputs(&plan)["debs-tool"].clone()].into());
    assert_eq!(missing.download, "1.00 MiB download, 3.00 MiB unpacked");
    assert!(!bench.nix.has(held) && bench.mirror.requests().is_empty());
}
