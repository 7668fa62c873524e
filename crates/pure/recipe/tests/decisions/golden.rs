//! Which step is made for what, what each reads, and in which order: the whole graph of both images.

use crate::project::{Made, Project, names};
use std::collections::BTreeSet;

/// A line a step, in the graph's order: its name and what it reads.
fn graph(made: &Made) -> String {
    let line = |job| {
        let inputs: Vec<String> = made.inputs(job).into_keys().collect();
        format!("{} < {}", job.name, inputs.join(" ")).trim_end().to_owned()
    };
    made.jobs().map(line).collect::<Vec<_>>().join("\n")
}

/// The image that stands alone: fetches, packages, byte-code, generated files, wheels, and what joins them.
const TOOL: &str = "\
debs-base <
debs-python <
debs-tool <
layer-base < debs-base
layer-python < debs-python
layer-tool < debs-tool
layer-bytecode-python < debs-base debs-python
layer-bytecode-rest < debs-base debs-python debs-tool
layer-users < debs-base layer-base.contents layer-python.contents layer-tool.contents
layer-alternatives < layer-base.contents layer-python.contents layer-tool.contents
layer-ld-cache < debs-base layer-alternatives.contents layer-base.contents layer-python.contents layer-tool.contents
layer-certificates < debs-base layer-base.contents layer-python.contents layer-tool.contents
layer-configuration < debs-base layer-base.contents layer-python.contents layer-tool.contents layer-users.contents
layer-files < layer-base.contents layer-python.contents layer-tool.contents layer-users.contents
layer-dpkg < layer-base.contents layer-python.contents layer-tool.contents
wheel-widgets <
layer-wheel-widgets < debs-base debs-python layer-base.contents layer-configuration.contents layer-files.contents \
layer-python.contents layer-tool.contents wheel-widgets";

const TOOL_IMAGE: &str = "\
tool-image < layer-alternatives layer-base layer-bytecode-python layer-bytecode-rest layer-certificates \
layer-configuration layer-dpkg layer-files layer-ld-cache layer-python layer-tool layer-users layer-wheel-widgets";

/// What lies above it. `BELOW` stands for the contents of all its layers.
const DEV: &str = "\
debs-dev-gcc <
layer-dev-gcc < debs-dev-gcc
layer-bytecode-dev-rest < debs-base debs-dev-gcc debs-python
layer-dev-ld-cache < debs-base BELOW layer-dev-gcc.contents
layer-dev-configuration < debs-base BELOW layer-dev-gcc.contents
layer-dev-dpkg < BELOW layer-dev-gcc.contents
source-tree <
layer-source-tree < layer-users.contents source-tree
tool-dev-image < IMAGE layer-bytecode-dev-rest layer-dev-configuration layer-dev-dpkg layer-dev-gcc layer-dev-ld-cache layer-source-tree";

#[test]
fn an_image_that_stands_alone() {
    let made = Project::new().made("tool");
    assert_eq!(graph(&made), format!("{TOOL}\n{TOOL_IMAGE}"));
    assert_eq!(
        made.layers(),
        [
            "base",
            "python",
            "tool",
            "bytecode-python",
            "bytecode-rest",
            "users",
            "alternatives",
            "ld-cache",
            "certificates",
            "configuration",
            "files",
            "dpkg",
            "wheel-widgets"
        ]
    );
}

#[test]
fn an_image_that_extends_it() {
    let below: BTreeSet<String> = TOOL_IMAGE.split(' ').skip(2).map(ToOwned::to_owned).collect();
    let expected = DEV.lines().map(|line| {
        let mut words: Vec<&str> = line.split(' ').filter(|word| *word != "IMAGE" && *word != "BELOW").collect();
        let contents: Vec<String> = below.iter().map(|layer| format!("{layer}.contents")).collect();
        if line.contains("IMAGE") {
            words.extend(below.iter().map(String::as_str));
        }
        if line.contains("BELOW") {
            words.extend(contents.iter().map(String::as_str));
        }
        if words.len() > 2 {
            words[2..].sort_unstable();
        }
        words.join(" ")
    });
    let expected: Vec<String> = TOOL.lines().map(ToOwned::to_owned).chain(expected).collect();
    let made = Project::new().made("tool-dev");
    assert_eq!(graph(&made).lines().collect::<Vec<_>>(), expected);
    assert_eq!(
        made.layers()[13..],
        ["dev-gcc", "bytecode-dev-rest", "dev-ld-cache", "dev-configuration", "dev-dpkg", "source-tree"]
    );
}

#[test]
fn an_image_is_joined_of_its_layers_in_their_order() {
    for image in ["tool", "tool-dev"] {
        let made = Project::new().made(image);
        let joined: Vec<String> = made.reads(&made.last().layers);
        assert_eq!(joined, made.layers().iter().map(|layer| format!("layer-{layer}")).collect::<Vec<_>>());
    }
}

#[test]
fn fetches_are_given_bottom_layer_first() {
    let fetches = |image: &str| {
        let made = Project::new().made(image);
        let jobs = made.image.fetches.iter().map(|fetch| made.graph.jobs()[fetch.node.place()].name.clone());
        jobs.collect::<Vec<_>>()
    };
    let tool = ["debs-base", "debs-python", "debs-tool", "wheel-widgets"];
    assert_eq!(fetches("tool"), tool);
    assert_eq!(fetches("tool-dev"), [&tool[..], &["debs-dev-gcc", "source-tree"]].concat());
}

#[test]
fn what_a_fetch_holds_is_what_its_step_does() {
    let made = Project::new().made("tool-dev");
    for fetch in &made.image.fetches {
        let job = &made.graph.jobs()[fetch.node.place()];
        assert_eq!(job.step, sage_oci_recipe::Step::Fetch(fetch.step.clone()));
        assert_eq!(job.fixed, Some(fetch.nar_sha256));
    }
    // Nothing else may ask the network.
    let fixed: Vec<String> = names(made.jobs().filter(|job| job.fixed.is_some()).map(|job| &job.name));
    assert_eq!(fixed.len(), made.image.fetches.len());
}

#[test]
fn nothing_of_the_store_is_read_that_no_step_makes() {
    let made = Project::new().made("tool-dev");
    assert!(made.jobs().all(|job| job.sources.is_empty()));
}
