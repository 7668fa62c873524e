//! Source trees and wheels: archives that a definition pins beside the packages.

use crate::project::{Project, changed, digest};
use sage_oci_recipe::{FetchFile, FetchStep, SourcePatch, SourceStep, Step, WheelStep};

fn fetch(project: &Project, job: &str) -> FetchStep {
    let made = project.made("tool-dev");
    match &made.job(job).step {
        Step::Fetch(step) => step.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_archive_is_fetched_alone_from_where_the_definition_says() {
    let file = |name: &str, number: u8| FetchFile {
        name: name.to_owned(),
        path: name.to_owned(),
        size: u64::from(number),
        sha256: digest(number),
        mirrors: Vec::new(),
    };
    let project = Project::new();
    assert_eq!(
        fetch(&project, "wheel-widgets"),
        FetchStep {
            mirrors: vec!["https://wheels.example/w".to_owned(), "https://mirror.example".to_owned()],
            files: vec![file("widgets-1.0-py3-none-any.whl", 51)],
        }
    );
    assert_eq!(
        fetch(&project, "source-tree"),
        FetchStep { mirrors: vec!["https://sources.example/t".to_owned()], files: vec![file("tree-2.1.tar.gz", 52)] }
    );
    // What the lock says of the folder that holds it.
    let made = project.made("tool-dev");
    assert_eq!(made.job("wheel-widgets").fixed, Some(digest(53)));
    assert_eq!(made.job("source-tree").fixed, Some(digest(54)));
}

fn wheel(made: &crate::project::Made, name: &str) -> WheelStep {
    match &made.job(name).step {
        Step::Wheel(step) => step.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_wheel_is_laid_over_packages_and_what_lies_below_usr_local() {
    let made = Project::new().made("tool");
    let step = wheel(&made, "layer-wheel-widgets");
    assert_eq!(
        (step.name.as_str(), step.distribution.as_str(), step.version.as_str()),
        ("wheel-widgets", "widgets", "1.0")
    );
    assert_eq!(made.read(&step.archive), "wheel-widgets/widgets-1.0-py3-none-any.whl");
    assert_eq!(step.exclude, ["/usr/share/doc/*", "/usr/local/etc/*"], "the image's, then its own");
    assert_eq!(step.include, ["/usr/share/doc/*/copyright"]);
    assert_eq!(
        made.reads(&step.contents),
        ["base", "python", "tool", "configuration", "files"].map(|layer| format!("layer-{layer}.contents"))
    );
    assert_eq!(step.interpreter.version, "3.14");
}

#[test]
fn a_wheel_above_is_laid_over_both_images() {
    let made = Project::with(|project| {
        let of_tool = project.plan("tool").sources["widgets"].clone();
        project.plan("tool-dev").sources.insert("gadgets".to_owned(), of_tool);
        let start = project.tool.find("[[wheels]]").unwrap();
        let gadgets = project.tool[start..].replace("widgets", "gadgets");
        project.define("tool-dev", &gadgets);
    })
    .made("tool-dev");
    let step = wheel(&made, "layer-wheel-gadgets");
    let expected = ["base", "python", "tool", "dev-gcc", "configuration", "dev-configuration", "files"];
    assert_eq!(made.reads(&step.contents), expected.map(|layer| format!("layer-{layer}.contents")));
    // Wheels come before source trees.
    assert_eq!(made.layers()[made.layers().len() - 2..], ["wheel-gadgets", "source-tree"]);
}

#[test]
fn wheels_and_trees_keep_the_order_of_the_definition() {
    let made = Project::with(|project| {
        let known = project.plan("tool").sources["widgets"].clone();
        let wheel = project.tool[project.tool.find("[[wheels]]").unwrap()..].to_owned();
        for name in ["zebra", "apple"] {
            project.plan("tool").sources.insert(name.to_owned(), known.clone());
            project.define("tool", &wheel.replace("widgets", name));
        }
        project.plan("tool").sources.insert("of-sid".to_owned(), known);
        let of_sid = wheel.replace("[[wheels]]", "[[channels.sid.wheels]]");
        let of_sid = of_sid.replace("\"widgets\"", "\"of-sid\"").replace("widgets-1.0", "of_sid-1.0");
        project.define("tool", &of_sid);
    })
    .made("tool");
    let wheels: Vec<&str> = made.layers().into_iter().filter(|layer| layer.starts_with("wheel-")).collect();
    assert_eq!(wheels, ["wheel-widgets", "wheel-zebra", "wheel-apple", "wheel-of-sid"]);
}

#[test]
fn a_source_tree_is_a_commit_of_the_definition_s_author() {
    let made = Project::new().made("tool-dev");
    let Step::Source(step) = &made.job("layer-source-tree").step else { panic!() };
    let patch = |name: &str| SourcePatch { name: name.to_owned(), text: format!("text of {name}\n") };
    let expected = SourceStep {
        name: "source-tree".parse().unwrap(),
        sealing: made.layer("base").sealing,
        archive: step.archive.clone(),
        patches: vec![patch("second.patch"), patch("first.patch")],
        path: "/home/me/tree".to_owned(),
        owner: 1000,
        author: "Tool <tool@example.org>".to_owned(),
        message: "tree 2.1\n\ntree-2.1.tar.gz, sha256 \
                  3434343434343434343434343434343434343434343434343434343434343434\n\
                  with second.patch\nwith first.patch\n"
            .to_owned(),
        tag: "2.1".to_owned(),
        contents: step.contents.clone(),
    };
    assert_eq!(*step, expected);
    assert_eq!(made.read(&step.archive), "source-tree/tree-2.1.tar.gz");
    assert_eq!(made.reads(&step.contents), ["layer-users.contents"], "the user's home may be above it");
}

#[test]
fn a_new_archive_changes_its_own_steps_alone() {
    let before = Project::new().made("tool-dev");
    let after = Project::with(|project| {
        project.dev = project.dev.replace(&"34".repeat(32), &"35".repeat(32));
        let known = project.plan("tool-dev").sources.get_mut("tree").unwrap();
        (known.sha256, known.fetch.nar_sha256) = (digest(53), digest(99));
    });
    assert_eq!(changed(&before, &after.made("tool-dev")), ["layer-source-tree", "source-tree"]);
    let after = Project::with(|project| project.files.extend([("first.patch".to_owned(), "other".to_owned())]));
    assert_eq!(changed(&before, &after.made("tool-dev")), ["layer-source-tree"]);
}
