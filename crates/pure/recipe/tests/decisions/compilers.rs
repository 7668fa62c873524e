//! What compiles on a machine of another architecture than the image's.

use crate::locked::interpreter;
use crate::project::Project;
use sage_oci_lock::{Lock, LockedCompilers};
use sage_oci_names::Architecture;
use sage_oci_recipe::{Graph, Step, compilers};
use std::collections::BTreeMap;

/// A lock with compilers for arm64 machines; which packages they are is no matter of the recipe.
fn locked() -> Lock {
    let project = Project::with(|project| {
        let tools = interpreter(Architecture::Arm64);
        let compilers = LockedCompilers { fetch: tools.fetch, packages: tools.packages };
        project.lock.compilers = BTreeMap::from([(Architecture::Arm64, compilers)]);
        project.lock.check().unwrap();
    });
    project.lock
}

#[test]
fn they_are_fetched_together_and_named_by_their_place() {
    let (lock, mut graph) = (locked(), Graph::default());
    let (fetch, packages) = compilers(&mut graph, &lock, Architecture::Arm64).unwrap().unwrap();
    let job = &graph.jobs()[fetch.node.place()];
    let Step::Fetch(step) = &job.step else { panic!() };
    assert_eq!((job.name.as_str(), step), ("debs-compilers-arm64", &fetch.step));
    assert_eq!(job.fixed, Some(lock.compilers[&Architecture::Arm64].fetch.nar_sha256));
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, ["libpython3.14-stdlib", "python3.14-minimal"]);
    for (package, file) in packages.iter().zip(&step.files) {
        assert_eq!(package.archive, format!("{}/{}", fetch.node.out(), file.name));
        assert!(package.scripts.is_empty() && package.replaced.is_empty());
    }
}

#[test]
fn the_images_own_machine_needs_none_and_one_that_none_are_pinned_for_is_refused() {
    let mut graph = Graph::default();
    let (mut lock, machine) = (locked(), Architecture::Amd64);
    assert!(compilers(&mut graph, &lock, machine).unwrap().is_none());
    lock.compilers.clear();
    assert!(compilers(&mut graph, &lock, machine).unwrap().is_none());
    let error = compilers(&mut graph, &lock, Architecture::Arm64).unwrap_err();
    assert_eq!(error.to_string(), "the lock of channel sid for amd64 pins nothing that compiles for amd64 on arm64");
    let hint = sage_oci_hint::Hint::hint(&error).unwrap();
    assert!(hint.contains("`sage-oci lock --channel sid --arch amd64 --build-on arm64`"), "{hint}");
    assert!(graph.jobs().is_empty());
}

#[test]
fn an_image_without_a_commit_does_not_fetch_them() {
    let with = Project { lock: locked(), ..Project::new() }.made("tool");
    assert_eq!(
        with.jobs().map(|job| &job.name).collect::<Vec<_>>(),
        Project::new().made("tool").jobs().map(|job| &job.name).collect::<Vec<_>>()
    );
}
