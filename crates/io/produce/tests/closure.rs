//! Images of store paths: what Nix is asked about them, and what is made of the answer.

mod common;

use common::{Bench, Recorder, builder, names};
use sage_oci_emit::Emitted;
use sage_oci_fake_nix::Verb;
use sage_oci_hint::Hint as _;
use sage_oci_names::{Architecture, Sha256, StorePath};
use sage_oci_produce::{ClosurePlan, ProduceError};
use sage_oci_recipe::{BaseContents, ClosureImage, ClosureMember, Graph, closure_image};
use sage_oci_store::StoreError;

fn path(name: &str) -> StorePath {
    StorePath::parse(&format!("/nix/store/{}-{name}", "0".repeat(32))).unwrap()
}

/// Size and references of each path: a program above a library.
fn members() -> Vec<ClosureMember> {
    let member = |name: &str, nar_size, references: &[StorePath]| ClosureMember {
        path: path(name),
        nar_sha256: Sha256::new([nar_size as u8; 32]),
        nar_size,
        references: references.to_vec(),
    };
    vec![member("app", 10, &[path("app"), path("lib")]), member("lib", 20, &[])]
}

fn image() -> ClosureImage {
    ClosureImage::new("x".parse().unwrap(), Architecture::Amd64)
}

/// A store that holds the paths.
fn bench() -> Bench {
    let bench = Bench::new();
    for member in members() {
        bench.nix.holds(&member.path);
    }
    let all = members();
    let told: Vec<_> = all
        .iter()
        .map(|one| (&one.path, one.nar_sha256, one.nar_size, one.references.iter().collect::<Vec<_>>()))
        .collect();
    bench
        .nix
        .tells(&told.iter().map(|(path, digest, size, all)| (*path, *digest, *size, &all[..])).collect::<Vec<_>>());
    bench
}

fn plan(bench: &Bench, image: &ClosureImage, contents: &[StorePath]) -> Result<ClosurePlan, ProduceError> {
    ClosurePlan::make(&bench.store(), image, contents, Architecture::Amd64, builder())
}

/// The derivations of the whole closure, made here of what the database was to say.
fn expected(bench: &Bench, image: &ClosureImage, contents: &[StorePath]) -> StorePath {
    let mut graph = Graph::default();
    let made = closure_image(&mut graph, image, contents, &members(), &BaseContents::default()).unwrap();
    let emitted = Emitted::new(&graph, &builder(), Architecture::Amd64).unwrap();
    for finished in emitted.derivations().iter() {
        bench.nix.knows(&finished.path, finished.outputs.values());
    }
    emitted.handle(&made.image).out.clone()
}

#[test]
fn the_closure_that_nix_tells_is_planned_and_built_once() {
    let bench = bench();
    // Named twice is named once, in whatever order.
    let plan = plan(&bench, &image(), &[path("lib"), path("app"), path("app")]).unwrap();
    let calls = bench.nix.calls();
    assert_eq!(calls.iter().map(|call| call.verb).collect::<Vec<_>>(), [Verb::Validity, Verb::Requisites, Verb::Dump]);
    assert_eq!(calls[1].paths, [path("app").to_string(), path("lib").to_string()]);
    assert_eq!(plan.image(), &expected(&bench, &image(), &[path("app"), path("lib")]));
    assert!(plan.layers() >= 1, "{plan:?}");

    let (nix, mut recorder) = (bench.store(), Recorder::default());
    assert!(plan.realise(&nix, &mut recorder).unwrap());
    let asked: Vec<_> = bench.nix.calls();
    let acts: Vec<_> = asked.iter().map(|call| call.verb).filter(|verb| *verb != Verb::Validity).collect();
    assert_eq!(acts, [Verb::Import, Verb::Build], "nothing is fetched");
    assert_eq!(asked.last().unwrap().paths.len(), 1, "the image is all that is asked for");
    assert!(!recorder.events.is_empty());
    assert!(!plan.realise(&nix, &mut recorder).unwrap(), "it is there");
    assert_eq!(bench.nix.verbs(), [Verb::Validity]);
}

#[test]
fn what_is_copied_to_the_root_belongs_to_the_closure() {
    let bench = bench();
    let copies = ClosureImage { copy_to_root: vec![path("lib")], ..image() };
    plan(&bench, &copies, &[path("app")]).unwrap();
    let calls = bench.nix.calls();
    let asked = calls.iter().find(|call| call.verb == Verb::Requisites).unwrap();
    assert_eq!(asked.paths, [path("app").to_string(), path("lib").to_string()]);
}

#[test]
fn a_path_that_is_not_valid_is_named() {
    let bench = bench();
    let error = plan(&bench, &image(), &[path("app"), path("none")]).unwrap_err();
    assert!(matches!(&error, ProduceError::Store(StoreError::NotValid { path: told }) if *told == path("none")));
    assert!(error.to_string().contains("-none is not a valid path of the Nix store"), "{error}");
    assert!(error.hint().unwrap().contains("nix-store --realise"));
    // So is a base image.
    let based = ClosureImage { from_image: Some(path("none")), ..image() };
    let error = plan(&bench, &based, &[path("app")]).unwrap_err();
    assert!(matches!(error, ProduceError::Store(StoreError::NotValid { .. })), "{error:?}");
    // One that is there and is no image.
    let based = ClosureImage { from_image: Some(path("lib")), ..image() };
    let error = plan(&bench, &based, &[path("app")]).unwrap_err();
    assert!(matches!(error, ProduceError::Base(_)), "{error:?}");
    assert!(error.to_string().contains("-lib"), "{error}");
}

#[test]
fn what_cannot_be_an_image_is_refused_before_nix_builds() {
    let bench = bench();
    let error = plan(&bench, &ClosureImage { max_layers: 121, ..image() }, &[path("app")]).map(drop).unwrap_err();
    assert!(matches!(error, ProduceError::Closure(_)), "{error:?}");
    assert!(!error.to_string().is_empty() && error.hint().is_some(), "{error}");
    assert!(!bench.nix.verbs().contains(&Verb::Import));
}

#[test]
fn an_answer_that_cannot_be_read_is_no_closure() {
    let bench = bench();
    bench.nix.on(Verb::Dump, "echo gibberish; exit 0\n");
    let error = plan(&bench, &image(), &[path("app")]).unwrap_err();
    assert!(matches!(error, ProduceError::Store(StoreError::Unreadable { .. })), "{error:?}");
    assert_eq!(error.to_string(), "Nix was to ask for a closure, but its answer cannot be read");
}

#[test]
fn a_layer_that_does_not_build_leaves_a_log() {
    let bench = bench();
    let plan = plan(&bench, &image(), &[path("app")]).unwrap();
    expected(&bench, &image(), &[path("app")]);
    let nix = bench.store();
    bench
        .nix
        .on(Verb::Build, "echo '@nix {\"action\":\"msg\",\"level\":0,\"msg\":\"error: out of luck\"}' >&2; exit 1\n");
    let error = plan.realise(&nix, &mut Recorder::default()).unwrap_err();
    assert_eq!(error.to_string(), "Nix could not build: out of luck");
    assert_eq!(names(&bench.nix.folder().join("logs")).len(), 1);
    assert!(error.hint().unwrap().starts_with("the whole log is in "));
}
