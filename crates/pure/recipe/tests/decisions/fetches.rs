//! What is fetched for the layers of packages, and from where.

use crate::project::{Made, Project, changed};
use sage_oci_recipe::{FetchStep, Step};

fn fetch<'m>(made: &'m Made, layer: &str) -> &'m FetchStep {
    match &made.job(&format!("debs-{layer}")).step {
        Step::Fetch(step) => step,
        other => panic!("{other:?}"),
    }
}

fn named(step: &FetchStep) -> Vec<&str> {
    step.files.iter().map(|file| file.name.as_str()).collect()
}

#[test]
fn a_layer_s_packages_are_fetched_together_under_the_names_that_apt_gives_them() {
    let made = Project::new().made("tool-dev");
    assert_eq!(named(fetch(&made, "dev-gcc")), ["gcc_4%3a15-1_amd64.deb", "python3-gcc_1.0-1_all.deb"]);
    let file = &fetch(&made, "dev-gcc").files[0];
    assert_eq!((file.path.as_str(), file.size), ("pool/main/gcc_amd64.deb", 10));
    assert_eq!(file.sha256, Project::new().package("gcc").sha256);
    let layer = made.layer("dev-gcc");
    assert_eq!(made.read(&layer.packages[0].archive), "debs-dev-gcc/gcc_4%3a15-1_amd64.deb");
}

#[test]
fn files_stand_by_file_name_and_packages_by_name() {
    // `+` sorts before `_`, so that the two orders differ.
    let made = Project::with(|project| {
        project.package("libc-bin").name = "bash+x".parse().unwrap();
        project.lock.packages.sort_by(|a, b| a.name.cmp(&b.name));
        project.lock.effects.retain(|owned| owned.package.as_str() != "libc-bin");
        let mut libc_bin = project.package("libpam-modules").clone();
        libc_bin.name = "libc-bin".parse().unwrap();
        project.lock.packages.push(libc_bin);
        project.lock.packages.sort_by(|a, b| a.name.cmp(&b.name));
    })
    .made("tool");
    assert_eq!(named(fetch(&made, "base"))[..2], ["bash+x_2.43-1_amd64.deb", "bash_5.3-1_amd64.deb"]);
    let packages: Vec<&str> = made.layer("base").packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(packages[..2], ["bash", "bash+x"]);
}

#[test]
fn mirrors_are_those_of_the_first_suite_and_a_file_names_others() {
    let made = Project::new().made("tool");
    let first = ["http://deb.example/debian", "http://snapshot.example/debian"];
    let second = ["http://deb.example/security", "http://snapshot.example/security"];
    for layer in ["base", "python", "tool"] {
        assert_eq!(fetch(&made, layer).mirrors, first, "{layer}");
    }
    assert!(fetch(&made, "base").files.iter().all(|file| file.mirrors.is_empty()));
    assert_eq!(fetch(&made, "tool").files[0].mirrors, second);
}

#[test]
fn a_suite_with_the_same_mirrors_says_nothing_of_its_own() {
    let made = Project::with(|project| project.lock.suites[1].mirrors = project.lock.suites[0].mirrors.clone());
    assert!(fetch(&made.made("tool"), "tool").files[0].mirrors.is_empty());
}

#[test]
fn other_mirrors_change_fetches_and_no_layer() {
    let before = Project::new().made("tool");
    let after = Project::with(|project| project.lock.suites[0].mirrors.push("http://third.example".to_owned()));
    assert_eq!(changed(&before, &after.made("tool")), ["debs-base", "debs-python", "debs-tool"]);
    let after = Project::with(|project| project.lock.suites[1].mirrors.push("http://third.example".to_owned()));
    assert_eq!(changed(&before, &after.made("tool")), ["debs-tool"]);
}

#[test]
fn what_a_layer_unpacks_is_held_to_what_the_lock_says() {
    let made = Project::with(|project| {
        project.package("libc6").replaced.insert("usr/x".to_owned(), "bash".parse().unwrap());
    })
    .made("tool");
    let layer = made.layer("base");
    let libc6 = layer.packages.iter().find(|package| package.name.as_str() == "libc6").unwrap();
    assert_eq!(libc6.scripts["postinst"], crate::project::digest(70));
    assert_eq!(libc6.replaced["usr/x"].as_str(), "bash");
}
