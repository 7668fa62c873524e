//! What a plan says before anything is done: paths, layers, and what does not fit together.

mod common;

use common::{Bench, builder, outputs};
use sage_oci_hint::Hint as _;
use sage_oci_names::Architecture;
use sage_oci_produce::ProduceError;
use std::collections::BTreeSet;

#[test]
fn a_plan_is_made_of_its_inputs_alone_and_asks_nobody() {
    let bench = Bench::new();
    let (plan, again) = (bench.plan("tool"), bench.plan("tool"));
    assert_eq!(bench.nix.calls(), []);
    assert!(bench.mirror.requests().is_empty());
    assert_eq!((plan.image(), plan.derivation()), (again.image(), again.derivation()));
    let all: Vec<_> = plan.derivations().iter().collect();
    // The image comes last, after all it uses.
    let last = all.last().unwrap();
    assert_eq!((&last.path, last.out()), (plan.derivation(), plan.image()));
    let mut seen = BTreeSet::new();
    for finished in &all {
        assert!(finished.derivation.input_derivations.keys().all(|input| seen.contains(input)), "{}", finished.path);
        assert!(finished.derivation.input_sources.contains(&builder()), "{}", finished.path);
        seen.insert(finished.path.clone());
    }
}

#[test]
fn layers_are_told_bottom_first_with_what_makes_them() {
    let bench = Bench::new();
    let plan = bench.plan("tool");
    let layers = plan.layers();
    let names: Vec<_> = layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names[..3], ["base", "python", "tool"], "{names:?}");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    let outputs = outputs(&plan);
    for layer in &layers {
        assert!(layer.handle.contents.is_some(), "{} has no list of contents", layer.name);
        let finished = plan.derivations().get(&layer.handle.derivation).unwrap();
        assert_eq!(finished.out(), &layer.handle.out);
    }
    assert_eq!(layers[0].handle.out, outputs["layer-base"]);

    // What extends an image begins with its very layers.
    let above = bench.plan("tool-dev");
    let above = above.layers();
    let common = layers.iter().zip(&above).take_while(|(below, above)| below.handle == above.handle).count();
    assert!(common >= 3 && above.len() > common, "{common} of {}", above.len());
    assert!(above.iter().any(|layer| layer.name.as_str() == "tool-dev-gcc"));
    assert_ne!(bench.plan("tool-dev").image(), plan.image());
}

#[test]
fn one_index_over_the_images_of_two_architectures() {
    let bench = Bench::new();
    let (index, alone) = (bench.index("tool"), bench.plan("tool"));
    let inputs = &index.derivations().get(index.derivation()).unwrap().derivation.input_derivations;
    assert!(inputs.contains_key(alone.derivation()), "the image for this machine is the same as alone");
    assert_eq!(inputs.len(), 2);
    assert_ne!(index.image(), alone.image());
    let (done, course) = bench.realise(&index);
    assert!(done.unwrap());
    assert!(course.requests.iter().any(|path| path.ends_with("_arm64.deb")), "{:?}", course.requests);
    assert!(course.requests.iter().any(|path| path.ends_with("_amd64.deb")), "{:?}", course.requests);
}

#[test]
fn a_lock_that_does_not_fit_is_refused_with_what_to_do() {
    let bench = Bench::new();
    let mut lock = bench.lock(Architecture::Amd64).into_lock();
    lock.images.clear();
    let error = bench.plan_of("tool", &lock.into()).unwrap_err();
    assert!(matches!(error, ProduceError::Recipe(_)), "{error:?}");
    assert_eq!(error.to_string(), "the lock of channel `sid` has no image `tool`");
    assert!(error.hint().unwrap().contains("sage-oci lock --channel sid"));
}

/// Every other way to fail, with its words and what to do.
#[test]
fn each_error_says_what_and_what_next() {
    use sage_oci_files::FileError;
    let gone = || FileError::at("read", "/x/lock")(std::io::ErrorKind::NotFound.into());
    let file = ProduceError::from(gone());
    assert!(file.to_string().contains("/x/lock"), "{file}");
    assert_eq!(file.hint(), gone().hint());
    let fetch = ProduceError::from(sage_oci_fetch::FetchError::NoMirror);
    assert_eq!(fetch.to_string(), "no mirror is named to fetch from");
    assert_eq!(fetch.hint(), sage_oci_fetch::FetchError::NoMirror.hint());
    let store = ProduceError::from(sage_oci_store::StoreError::NotInstalled);
    assert!(store.to_string().starts_with("Nix is not installed"), "{store}");
    assert!(store.hint().unwrap().contains("apt-get install nix-bin"));
}
