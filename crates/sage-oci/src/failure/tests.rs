use super::*;
use sage_oci_archive::ArchiveError;
use sage_oci_closure::ClosureError;
use sage_oci_deb::DebError;
use sage_oci_definition::DefinitionError;
use sage_oci_derivation::DerivationError;
use sage_oci_engine::EngineError;
use sage_oci_fetch::FetchError;
use sage_oci_files::FileError;
use sage_oci_image::ImageError;
use sage_oci_layer::{ContentsError, LayerError};
use sage_oci_layout::LayoutError;
use sage_oci_lock::LockError;
use sage_oci_machine::MachineError;
use sage_oci_produce::ProduceError;
use sage_oci_project::ProjectError;
use sage_oci_recipe::{ClosureStepError, RecipeError};
use sage_oci_resolve::ResolveError;
use sage_oci_signature::SignatureError;
use sage_oci_steps::{ClosureBuildError, StepError};
use sage_oci_store::StoreError;
use sage_oci_tar::TarError;
use std::io::ErrorKind;

fn told(failure: impl Into<Failure>) -> (String, Option<String>) {
    match failure.into() {
        Failure::Error { message, hint } => (message, hint),
        Failure::NotFine | Failure::Red { .. } => panic!("an error was told as `not fine`"),
    }
}

/// The hint of a cause, and of every error that wraps it and has nothing better to say.
type Case = (String, Vec<Failure>);

fn cases() -> Vec<Case> {
    let path = || format!("/nix/store/{}-x", "0".repeat(32)).parse().unwrap();
    let deb = || DebError::NotAnArchive;
    let derivation = || DerivationError::UnknownInput { name: "x".to_owned(), input: path() };
    let fetch = || FetchError::NoMirror;
    let file = || FileError::at("read", "/a")(ErrorKind::PermissionDenied.into());
    let image = || ImageError::TooManyLayers { count: 200, most: 127 };
    let lock = || LockError::Newer { found: 9, known: 1 };
    let layout = || LayoutError::NoLayout { path: "/a".to_owned(), why: "x".to_owned() };
    let closure = || ClosureError::TooManyLayers { layers: 200, most: 125 };
    let closure_step = || ClosureStepError::NotInClosure { path: path() };
    let closure_build = || ClosureBuildError::NoTree { path: path() };
    let definition = || DefinitionError::Newer { file: "x".to_owned(), found: 9, known: 1 };
    let recipe = || RecipeError::NoPython { image: "sagemath".parse().unwrap() };
    let resolve = || ResolveError::WantedOmitted { name: "a-b".parse().unwrap() };
    let signature = || SignatureError::NoKnownSigner { issuers: Vec::new() };
    let store = || StoreError::NotInstalled;
    let hint = |error: &dyn Hint| error.hint().expect("a cause with a hint");
    let cut = || LayerError::Tar(TarError::Truncated { place: "x".into() });
    let text = || "x".to_owned();
    vec![
        (
            hint(&deb()),
            vec![
                StepError::Archive { archive: text(), source: Box::new(deb()) }.into(),
                ArchiveError::Release { url: text(), source: deb() }.into(),
                ArchiveError::Index { path: text(), source: deb() }.into(),
                ArchiveError::Deb { package: "a-b".parse().unwrap(), version: "1".parse().unwrap(), source: deb() }
                    .into(),
            ],
        ),
        (
            hint(&derivation()),
            vec![
                ProduceError::from(derivation()).into(),
                StoreError::from(derivation()).into(),
                ClosureBuildError::Nar { path: path(), source: Box::new(derivation()) }.into(),
                ArchiveError::Hash { layer: "l".parse().unwrap(), source: derivation() }.into(),
                ArchiveError::HashTools { machine: "arm64".parse().unwrap(), source: derivation() }.into(),
                ArchiveError::HashSource { name: text(), source: derivation() }.into(),
            ],
        ),
        (
            hint(&fetch()),
            vec![
                ProduceError::from(fetch()).into(),
                StepError::Fetch(Box::new(fetch())).into(),
                ArchiveError::from(fetch()).into(),
                ArchiveError::NoIndex { suite: text(), security: false, source: fetch() }.into(),
            ],
        ),
        (
            hint(&file()),
            vec![
                file().into(),
                FetchError::from(file()).into(),
                StoreError::from(file()).into(),
                MachineError::from(file()).into(),
                LayoutError::from(file()).into(),
                ProjectError::from(file()).into(),
                ProduceError::from(file()).into(),
                StepError::from(file()).into(),
                ArchiveError::from(file()).into(),
                // Through three of them.
                ProduceError::from(StepError::from(ClosureBuildError::from(LayoutError::from(file())))).into(),
            ],
        ),
        (
            hint(&image()),
            vec![
                EngineError::from(image()).into(),
                EngineError::NotNamed { name: "a:1".parse().unwrap(), source: Box::new(image().into()) }.into(),
                StepError::Image(Box::new(image())).into(),
            ],
        ),
        (hint(&lock()), vec![ProjectError::Lock { path: "x".into(), source: lock() }.into()]),
        (hint(&layout()), vec![ClosureBuildError::from(layout()).into()]),
        (hint(&closure()), vec![ClosureStepError::from(closure()).into(), ClosureBuildError::from(closure()).into()]),
        (
            hint(&closure_step()),
            vec![ProduceError::from(closure_step()).into(), ClosureBuildError::from(closure_step()).into()],
        ),
        (hint(&closure_build()), vec![StepError::from(closure_build()).into()]),
        (hint(&definition()), vec![ProjectError::from(definition()).into()]),
        (
            hint(&recipe()),
            vec![
                ProduceError::from(recipe()).into(),
                ProjectError::Recipe { path: "x".into(), source: recipe() }.into(),
            ],
        ),
        (hint(&resolve()), vec![ArchiveError::Resolve { image: "a".parse().unwrap(), source: resolve() }.into()]),
        (hint(&signature()), vec![ArchiveError::Signature { url: text(), source: signature() }.into()]),
        (hint(&store()), vec![ProduceError::from(store()).into()]),
        (hint(&cut()), vec![StepError::Layer { layer: "l".parse().unwrap(), source: Box::new(cut()) }.into()]),
        (
            hint(&ContentsError::TooLong { limit: 1 }),
            vec![
                StepError::Contents { path: "x".into(), source: Box::new(ContentsError::TooLong { limit: 1 }) }.into(),
            ],
        ),
    ]
}

#[test]
fn the_hint_of_a_cause_reaches_the_person() {
    for (hint, failures) in cases() {
        for failure in failures {
            let (message, said) = told(failure);
            assert_eq!(said.as_ref(), Some(&hint), "{message}");
        }
    }
}

#[test]
fn causes_are_told_once() {
    let step = StepError::Archive { archive: "a.deb".to_owned(), source: Box::new(DebError::NotAnArchive) };
    let (message, _) = told(ProduceError::from(step));
    assert_eq!(
        message,
        "cannot read the archive a.deb: this is not a Debian archive: it does not begin with `!<arch>`"
    );
}

#[test]
fn a_place_stands_before_the_message_and_keeps_the_hint() {
    let (message, hint) = told(Failure::new("broken", Some("mend it".to_owned())).at("nix/x.toml:3"));
    assert_eq!((message.as_str(), hint.as_deref()), ("nix/x.toml:3: broken", Some("mend it")));
}
