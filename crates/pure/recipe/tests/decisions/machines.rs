//! What changes where the machine that builds is of another architecture than the image, and how images are joined.

use crate::locked::interpreter;
use crate::project::{Made, Project, changed};
use sage_oci_names::Architecture;
use sage_oci_recipe::{Graph, IndexStep, Interpreter, Step, index};
use std::collections::BTreeMap;

/// The project with Pythons for builds on arm64.
fn for_both() -> Project {
    Project::with(|project| {
        project.lock.interpreters = BTreeMap::from([(Architecture::Arm64, interpreter(Architecture::Arm64))]);
        project.lock.check().unwrap();
    })
}

fn on(machine: Architecture, image: &str) -> Made {
    Project { machine, ..for_both() }.made(image)
}

#[test]
fn another_machine_changes_what_compiles_and_nothing_else() {
    let changed = |image: &str| changed(&on(Architecture::Amd64, image), &on(Architecture::Arm64, image));
    let tool = ["debs-python-arm64", "layer-bytecode-python", "layer-bytecode-rest", "layer-wheel-widgets"];
    assert_eq!(changed("tool"), tool);
    let mut dev = [&tool[..], &["layer-bytecode-dev-rest"]].concat();
    dev.sort_unstable();
    assert_eq!(changed("tool-dev"), dev);
}

#[test]
fn the_layers_are_the_same_and_in_the_same_order() {
    for image in ["tool", "tool-dev"] {
        assert_eq!(on(Architecture::Amd64, image).layers(), on(Architecture::Arm64, image).layers());
    }
}

/// Every Python that some step compiles with.
fn interpreters(made: &Made) -> Vec<&Interpreter> {
    made.jobs()
        .filter_map(|job| match &job.step {
            Step::Bytecode(step) => Some(&step.interpreter),
            Step::Wheel(step) => Some(&step.interpreter),
            _ => None,
        })
        .collect()
}

#[test]
fn it_compiles_with_the_python_that_is_locked_beside_the_image() {
    let made = on(Architecture::Arm64, "tool-dev");
    let all = interpreters(&made);
    assert_eq!(all.len(), 4);
    for found in all {
        assert_eq!((found.version.as_str(), found.architecture), ("3.14", Architecture::Arm64));
        assert_eq!(
            made.reads(&found.archives),
            [
                "debs-python-arm64/libpython3.14-stdlib_3.14.1-2_arm64.deb",
                "debs-python-arm64/python3.14-minimal_3.14.1-2_arm64.deb"
            ]
        );
    }
    let fetch = made.job("debs-python-arm64");
    assert_eq!(fetch.fixed, Some(for_both().lock.interpreters[&Architecture::Arm64].fetch.nar_sha256));
    let Step::Fetch(step) = &fetch.step else { panic!() };
    let files: Vec<&str> = step.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        files,
        ["pool/main/libpython3.14-stdlib_arm64.deb", "pool/main/python3.14-minimal_arm64.deb"],
        "from the mirrors"
    );
}

#[test]
fn its_own_machine_needs_no_other_python() {
    let made = on(Architecture::Amd64, "tool");
    assert!(made.find("debs-python-arm64").is_none());
    for found in interpreters(&made) {
        assert_eq!(found.architecture, Architecture::Amd64);
        assert!(made.reads(&found.archives).iter().all(|path| path.ends_with("_amd64.deb")));
    }
}

#[test]
fn that_python_is_fetched_once() {
    let made = on(Architecture::Arm64, "tool-dev");
    let fetches: Vec<&str> =
        made.image.fetches.iter().map(|fetch| made.graph.jobs()[fetch.node.place()].name.as_str()).collect();
    assert_eq!(fetches.iter().filter(|name| **name == "debs-python-arm64").count(), 1, "{fetches:?}");
    // Behind the packages that it compiles, before what it does not.
    assert_eq!(fetches[..4], ["debs-base", "debs-python", "debs-tool", "debs-python-arm64"]);
}

#[test]
fn an_image_without_modules_is_built_anywhere() {
    let project = Project::with(|project| {
        project.machine = Architecture::Arm64;
        for package in ["libpython3.14-stdlib", "python3-minimal", "python3.14-minimal", "python3-gcc"] {
            project.forget(package);
        }
        project.package("tool").depends.clear();
        project.lock.effects.retain(|owned| owned.package.as_str() != "tool");
        for image in ["tool", "tool-dev"] {
            project.plan(image).bytecode.clear();
        }
        project.plan("tool").sources.clear();
        let wheels = project.tool.find("[[wheels]]").unwrap();
        project.tool.truncate(wheels);
    });
    let made = project.made("tool-dev");
    assert!(interpreters(&made).is_empty());
    assert!(made.jobs().all(|job| !job.name.contains("bytecode")));
}

#[test]
fn a_wheel_alone_wants_a_python_too() {
    let project = Project::with(|project| {
        project.machine = Architecture::Arm64;
        project.lock.effects.retain(|owned| !matches!(owned.effect, sage_oci_effects::Effect::Bytecode { .. }));
        project.plan("tool").bytecode.clear();
        project.lock.interpreters = BTreeMap::from([(Architecture::Arm64, interpreter(Architecture::Arm64))]);
    });
    assert_eq!(interpreters(&project.made("tool")).len(), 1);
}

#[test]
fn an_index_joins_images_and_names_what_they_share_once() {
    let amd64 = for_both();
    let arm64 = Project::with(|project| {
        project.lock.architecture = Architecture::Arm64;
        project.machine = Architecture::Arm64;
        for package in &mut project.lock.packages {
            if package.architecture == "amd64" {
                package.architecture = "arm64".to_owned();
                package.path = package.path.replace("amd64", "arm64");
            }
        }
        // Packages for all architectures are the very same, and so is their fetch.
        for (number, layer) in project.lock.layers.iter_mut().enumerate().filter(|(_, l)| l.name.as_str() != "tool") {
            layer.fetch.nar_sha256 = crate::project::digest(90 + u8::try_from(number).unwrap());
        }
    });
    let mut graph = Graph::default();
    let one = amd64.add(&mut graph, "tool").unwrap();
    let two = arm64.add(&mut graph, "tool").unwrap();
    let images = BTreeMap::from([(Architecture::Amd64, one.clone()), (Architecture::Arm64, two.clone())]);
    let whole = index(&mut graph, &"tool".parse().unwrap(), images);

    let job = &graph.jobs()[whole.image.place()];
    assert_eq!(job.name, "tool-index");
    let expected = IndexStep {
        name: "tool".parse().unwrap(),
        images: BTreeMap::from([
            (Architecture::Amd64, one.image.out().to_string()),
            (Architecture::Arm64, two.image.out().to_string()),
        ]),
    };
    assert_eq!(job.step, Step::Index(expected));
    let name = |place: usize| graph.jobs()[place].name.as_str();
    let fetches: Vec<&str> = whole.fetches.iter().map(|fetch| name(fetch.node.place())).collect();
    assert_eq!(
        fetches,
        ["debs-base", "debs-python", "debs-tool", "wheel-widgets", "debs-base", "debs-python"],
        "what is for all architectures is fetched once"
    );
    assert_eq!(whole.layers.len(), one.layers.len() + two.layers.len() - shared(&one, &two));
    assert!(shared(&one, &two) > 0, "a layer of such packages alone is the same");
    // Those of the first come first, bottom layer first.
    let first: Vec<_> = whole.layers.iter().take(one.layers.len()).map(|layer| layer.node.clone()).collect();
    assert_eq!(first, one.layers.iter().map(|layer| layer.node.clone()).collect::<Vec<_>>());
}

fn shared(one: &sage_oci_recipe::ImageGraph, two: &sage_oci_recipe::ImageGraph) -> usize {
    two.layers.iter().filter(|layer| one.layers.iter().any(|known| known.node == layer.node)).count()
}
