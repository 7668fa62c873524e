//! What an image that extends another one takes over, and what it makes anew.

use crate::locked::omitted;
use crate::project::{Made, Project, effect, names};
use sage_oci_recipe::{GenerateKind, Graph, Step};

/// `tool-dev`, and the number of layers that are those of `tool`.
fn dev(project: &Project) -> (Made, usize) {
    (project.made("tool-dev"), project.made("tool").layers().len())
}

#[test]
fn it_begins_with_exactly_the_steps_of_the_other() {
    let project = Project::new();
    let (tool, dev) = (project.made("tool"), project.made("tool-dev"));
    let steps = tool.graph.jobs().len() - 1;
    // All but the one that joins them, word for word and in the same places.
    assert_eq!(dev.graph.jobs()[..steps], tool.graph.jobs()[..steps]);
    let layers = |made: &Made| made.image.layers.iter().map(|layer| layer.node.clone()).collect::<Vec<_>>();
    assert_eq!(layers(&dev)[..tool.layers().len()], layers(&tool));
}

#[test]
fn what_is_in_a_graph_is_not_added_again() {
    let project = Project::new();
    let mut graph = Graph::default();
    for image in ["tool", "tool-server", "tool-dev"] {
        project.add(&mut graph, image).unwrap();
    }
    let all = graph.jobs().len();
    // The dev image's own steps, and one step for each image that joins its layers.
    assert_eq!(all, project.made("tool-dev").graph.jobs().len() + 2);
    for image in ["tool-dev", "tool", "tool-server", "tool"] {
        project.add(&mut graph, image).unwrap();
    }
    assert_eq!(graph.jobs().len(), all);
}

#[test]
fn whichever_image_comes_first_the_layers_are_the_same() {
    let project = Project::new();
    let texts = |first: &str, second: &str| {
        let mut graph = Graph::default();
        project.add(&mut graph, first).unwrap();
        let image = project.add(&mut graph, second).unwrap();
        let made = Made { graph, image };
        made.texts().into_iter().map(|(name, text)| (name.to_owned(), text)).collect::<Vec<_>>()
    };
    assert_eq!(texts("tool", "tool-dev"), texts("tool-dev", "tool"));
}

#[test]
fn layers_of_one_kind_say_whose_they_are() {
    let project = Project::with(|project| {
        for text in [
            r#"{"kind":"group","name":"audio","gid":29}"#,
            r#"{"kind":"alternative","name":"cc","link":"/usr/bin/cc","path":"/usr/bin/gcc","priority":10}"#,
            r#"{"kind":"computed","document":"ca-certificates"}"#,
        ] {
            project.lock.effects.push(effect("gcc", text));
        }
        project.define("tool-dev", "[[files]]\npath = \"/etc/dev.conf\"\nsource = \"tool.conf\"\n");
    });
    let (made, below) = dev(&project);
    assert_eq!(
        made.layers()[below..],
        [
            "dev-gcc",
            "bytecode-dev-rest",
            "dev-users",
            "dev-alternatives",
            "dev-ld-cache",
            "dev-certificates",
            "dev-configuration",
            "dev-files",
            "dev-dpkg",
            "source-tree"
        ]
    );
    for layer in ["dev-users", "dev-alternatives", "dev-ld-cache", "dev-certificates", "dev-configuration", "dev-dpkg"]
    {
        let step = made.generate(layer);
        let above = step.above.as_ref().unwrap();
        let all: Vec<String> = made.layers()[..below].iter().map(|layer| format!("layer-{layer}.contents")).collect();
        assert_eq!(made.reads(&above.contents), all, "{layer}");
        // What stands in the other's layer of the kind and is made no longer is taken away.
        let kind = layer.strip_prefix("dev-").unwrap();
        assert_eq!(made.read(above.replaces.as_ref().unwrap()), format!("layer-{kind}.contents"));
        assert_eq!(step.name.as_str(), layer);
    }
    // Files that definitions place add up.
    assert_eq!(made.generate("dev-files").above.as_ref().unwrap().replaces, None);
    // What later layers need of one that both have is what is in both.
    let packages = ["layer-base", "layer-python", "layer-tool", "layer-dev-gcc"].map(|name| format!("{name}.contents"));
    let and = |more: &[&str]| {
        let more = more.iter().map(|name| format!("layer-{name}.contents"));
        packages.iter().cloned().chain(more).collect::<Vec<_>>()
    };
    let contents = |layer: &str| made.reads(&made.generate(layer).contents);
    assert_eq!(contents("dev-users"), and(&[]));
    assert_eq!(contents("dev-alternatives"), and(&[]));
    assert_eq!(contents("dev-certificates"), and(&[]));
    assert_eq!(contents("dev-dpkg"), and(&[]));
    assert_eq!(contents("dev-ld-cache"), and(&["alternatives", "dev-alternatives"]));
    assert_eq!(contents("dev-configuration"), and(&["users", "dev-users"]));
    assert_eq!(contents("dev-files"), and(&["users", "dev-users"]));
    let Step::Source(source) = &made.job("layer-source-tree").step else { panic!() };
    assert_eq!(made.reads(&source.contents), ["layer-users.contents", "layer-dev-users.contents"]);
}

#[test]
fn an_image_that_is_not_called_after_the_other_has_its_whole_name_there() {
    let made = Project::with(|project| {
        project.dev = project.dev.replace("name = \"tool-dev\"", "name = \"workbench\"");
        let plan = project.lock.images.remove(&"tool-dev".parse().unwrap()).unwrap();
        project.lock.images.insert("workbench".parse().unwrap(), plan);
    })
    .made("workbench");
    assert_eq!(made.layers()[15..], ["workbench-ld-cache", "workbench-configuration", "workbench-dpkg", "source-tree"]);
}

#[test]
fn nothing_lies_below_an_image_that_stands_alone() {
    let made = Project::new().made("tool");
    for job in made.jobs() {
        if let Step::Generate(step) = &job.step {
            assert_eq!(step.above, None, "{}", job.name);
        }
    }
}

#[test]
fn it_has_its_own_effects_and_those_of_the_other() {
    let shell = |path: &str| format!(r#"{{"kind":"shell","path":"{path}"}}"#);
    let project = Project::with(|project| project.lock.effects.push(effect("gcc", &shell("/usr/bin/gcc"))));
    let (made, _) = dev(&project);
    let shells = |layer: &str| names(made.generate(layer).effects.iter().map(|owned| &owned.package));
    assert_eq!(shells("configuration"), ["bash"]);
    assert_eq!(shells("dev-configuration"), ["bash", "gcc"]);
}

#[test]
fn its_lowest_layer_is_not_the_lowest() {
    let (made, _) = dev(&Project::new());
    let lowest: Vec<&str> = made
        .jobs()
        .filter_map(|job| match &job.step {
            Step::Layer(step) if step.base => Some(step.name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(lowest, ["base"]);
}

#[test]
fn diversions_of_both_definitions_hold_in_the_upper_layers() {
    let project = Project::with(|project| {
        project.define("tool-dev", "[[files]]\npath = \"/usr/bin/gcc\"\nlink = \"/usr/bin/cc\"\ndivert = true\n");
    });
    let (made, _) = dev(&project);
    let diverted = |layer: &str| -> Vec<String> {
        let effects = made.layer(layer).effects.iter().map(|owned| serde_json::to_value(&owned.effect).unwrap());
        effects.map(|effect| effect["from"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(diverted("base"), ["/usr/bin/which"]);
    assert_eq!(diverted("dev-gcc"), ["/usr/bin/which", "/usr/bin/gcc"]);
    assert_eq!((made.generate("dpkg").effects.len(), made.generate("dev-dpkg").effects.len()), (1, 2));
}

#[test]
fn only_what_the_upper_definition_places_is_in_its_layer() {
    let files = |made: &Made, layer: &str| -> Vec<String> {
        match &made.generate(layer).generate {
            GenerateKind::Files { files } => files.iter().map(|file| file.path.clone()).collect(),
            other => panic!("{other:?}"),
        }
    };
    let (made, below) = dev(&Project::new());
    assert!(!made.layers()[below..].contains(&"dev-files"), "it places none");
    let project = Project::with(|project| {
        project.define("tool-dev", "[[files]]\npath = \"/etc/dev.conf\"\nsource = \"tool.conf\"\n");
    });
    let (made, _) = dev(&project);
    assert_eq!(files(&made, "files"), ["/etc/tool.conf", "/usr/bin/which"]);
    assert_eq!(files(&made, "dev-files"), ["/etc/dev.conf"]);
}

#[test]
fn an_image_that_places_nothing_has_an_empty_layer_of_files_where_it_stands_alone() {
    let project = Project::with(|project| {
        let end = project.tool.find("[[files]]").unwrap()..project.tool.find("[[wheels]]").unwrap();
        project.tool.replace_range(end, "");
    });
    let made = project.made("tool");
    assert_eq!(made.generate("files").generate, GenerateKind::Files { files: Vec::new() });
}

#[test]
fn certificates_are_made_where_something_asks_for_them() {
    let without = |project: &mut Project| {
        project.lock.effects.retain(|owned| owned.package.as_str() != "ca-certificates");
    };
    let project = Project::with(without);
    assert!(!project.made("tool").layers().contains(&"certificates"));
    assert!(!project.made("tool-dev").layers().contains(&"dev-certificates"));
    // Only above, then: there is no layer that it replaces.
    let project = Project::with(|project| {
        without(project);
        project.lock.effects.push(effect("gcc", r#"{"kind":"computed","document":"ca-certificates"}"#));
    });
    let (made, _) = dev(&project);
    assert!(!made.layers().contains(&"certificates"));
    assert_eq!(made.generate("dev-certificates").above.as_ref().unwrap().replaces, None);
}

#[test]
fn dpkg_knows_of_each_image_what_is_installed_there() {
    let project = Project::with(|project| {
        project.lock.omitted = vec![omitted("doc", "1-1", "tool"), omitted("man", "2-1", "gcc")];
        project.lock.omitted[1].image = Some("tool-dev".parse().unwrap());
        project.plan("tool-dev").wanted = vec!["libc6".parse().unwrap()];
    });
    let (made, _) = dev(&project);
    let database = |layer: &str| match &made.generate(layer).generate {
        GenerateKind::Dpkg { automatic, omitted, .. } => (names(automatic), names(omitted.keys())),
        other => panic!("{other:?}"),
    };
    let (automatic, omitted) = database("dpkg");
    assert!(automatic.contains(&"libc6".to_owned()) && !automatic.contains(&"gcc".to_owned()), "{automatic:?}");
    assert_eq!(omitted, ["doc"]);
    let (automatic, omitted) = database("dev-dpkg");
    assert!(!automatic.contains(&"libc6".to_owned()) && automatic.contains(&"gcc".to_owned()), "{automatic:?}");
    assert_eq!(omitted, ["doc", "man"]);
}

#[test]
fn modules_above_are_compiled_by_the_python_below() {
    let (made, _) = dev(&Project::new());
    let Step::Bytecode(step) = &made.job("layer-bytecode-dev-rest").step else { panic!() };
    assert_eq!(
        made.reads(&step.interpreter.archives),
        [
            "debs-base/libc6_2.43-1_amd64.deb",
            "debs-python/libpython3.14-stdlib_3.14.1-2_amd64.deb",
            "debs-python/python3.14-minimal_3.14.1-2_amd64.deb"
        ]
    );
    assert_eq!(names(step.packages.iter().map(|package| &package.name)), ["python3-gcc"]);
}

#[test]
fn an_image_above_with_nothing_to_compile_needs_no_python() {
    let project = Project::with(|project| {
        project.forget("python3-gcc");
        project.plan("tool-dev").bytecode.clear();
    });
    let (made, below) = dev(&project);
    assert!(made.layers()[below..].iter().all(|layer| !layer.starts_with("bytecode")));
}
