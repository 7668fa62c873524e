//! Locks and definitions that do not fit together: what is named and missing is an error that names it, never less in an image.

use sage_oci_hint::Hint as _;
use sage_oci_lock::{Lock, LockFile};
use sage_oci_names::{Architecture, Sha256};
use sage_oci_project::Project;
use sage_oci_recipe::{Graph, RecipeError, Surroundings};
use std::collections::BTreeMap;
use std::path::Path;

/// The small project's lock and files, spoilt; what is said of its image `tool`.
fn said(
    machine: Architecture,
    spoil: impl FnOnce(&mut Lock, &mut BTreeMap<String, String>),
) -> Result<(), RecipeError> {
    let project = Project::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/small")).unwrap().unwrap();
    let channel = "sid".parse().unwrap();
    let mut lock = project.lock(&channel, Architecture::Amd64).unwrap().into_lock();
    let mut files = project.placed_files().unwrap();
    spoil(&mut lock, &mut files);
    let image = project.image(&"tool".parse().unwrap(), Some(&channel)).unwrap();
    let surroundings = Surroundings { machine, sources: "", files: &files, commit: None };
    sage_oci_recipe::image(&mut Graph::default(), &LockFile::from(lock), &image, surroundings).map(|_| ())
}

fn without(lock: &mut Lock, package: &str) {
    lock.packages.retain(|known| known.name.as_str() != package);
}

#[track_caller]
fn refused(expected: &str, hint: &str, spoil: impl FnOnce(&mut Lock, &mut BTreeMap<String, String>)) {
    let error = said(Architecture::Amd64, spoil).unwrap_err();
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().unwrap_or_default().contains(hint), "{:?}", error.hint());
}

#[test]
fn as_it_is_it_fits() {
    said(Architecture::Amd64, |_, _| {}).unwrap();
}

#[test]
fn an_image_that_was_not_locked() {
    refused("the lock of channel `sid` has no image `tool`", "sage-oci lock --channel sid", |lock, _| {
        lock.images.remove(&"tool".parse().unwrap());
    });
}

#[test]
fn a_layer_that_the_lock_does_not_describe() {
    refused("image `tool` wants the layer `python`, which the lock does not describe", "restore", |lock, _| {
        lock.layers.retain(|layer| layer.name.as_str() != "python");
    });
}

#[test]
fn packages_that_steps_read() {
    let expected = "the layer `ld-cache` needs the package `libc-bin`, which is in no layer of image `tool`";
    refused(expected, "wanted packages", |lock, _| without(lock, "libc-bin"));
    // What they ship counts where they are: profiles to apply, the home's first files, a folder of the loader.
    for package in ["libpam-modules", "bash", "libc6"] {
        said(Architecture::Amd64, |lock, _| without(lock, package)).unwrap();
    }
}

#[test]
fn a_wanted_package_that_is_not_locked() {
    let expected =
        "nix/images/tool.toml:16: image `tool` wants `tool`, which the lock of channel `sid` does not have for it";
    refused(expected, "sage-oci lock --channel sid", |lock, _| without(lock, "tool"));
}

#[test]
fn modules_that_no_layer_would_compile() {
    let expected = "image `tool` compiles no modules of the layer `tool`, and its package `tool` has some";
    refused(expected, "restore", |lock, _| {
        let plan = lock.images.get_mut(&"tool".parse().unwrap()).unwrap();
        plan.bytecode.retain(|name, _| name.as_str() != "bytecode-rest");
    });
}

#[test]
fn modules_without_a_python() {
    let expected = "packages of image `tool` ship Python modules, and `python3-minimal` is not in the lock";
    refused(expected, "python3", |lock, _| without(lock, "python3-minimal"));
}

#[test]
fn another_archive_than_the_definition_has() {
    let expected = "the lock of channel `sid` has another archive of `widgets` than image `tool`";
    refused(expected, "sage-oci lock --channel sid", |lock, _| {
        let plan = lock.images.get_mut(&"tool".parse().unwrap()).unwrap();
        plan.sources.get_mut("widgets").unwrap().sha256 = Sha256::new([9; 32]);
    });
}

#[test]
fn a_placed_file_that_is_not_there() {
    let expected = "image `tool` places `/usr/bin/which` from `which`, which is not below nix/images/files";
    refused(expected, "", |_, files| drop(files.remove("which")));
}

#[test]
fn a_machine_that_cannot_run_the_image() {
    let error = said(Architecture::Arm64, |_, _| {}).unwrap_err();
    assert!(error.to_string().starts_with("image `tool` for amd64 cannot be built on arm64"), "{error}");
    assert!(error.hint().unwrap().contains("--arch amd64 --build-on arm64"));
}
