//! Recipes: golden ones of a small project, what folding them gives, and what makes them out of date.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

use sage_oci_emit::Emitted;
use sage_oci_files as files;
use sage_oci_hint::Hint as _;
use sage_oci_names::{Architecture, ChannelName, StorePath};
use sage_oci_project::{Project, ProjectError};
use sage_oci_recipe::{Graph, Surroundings};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn small() -> Project {
    Project::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/small")).unwrap().unwrap()
}

fn repository() -> Project {
    Project::discover(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn template() -> Project {
    Project::at(&repository().root().join("nix/template")).unwrap().unwrap()
}

/// Every lock of a project.
fn locks(project: &Project) -> Vec<(ChannelName, Architecture)> {
    let mut all = Vec::new();
    for channel in project.channels().unwrap() {
        for architecture in project.locked_architectures(&channel.name).unwrap() {
            all.push((channel.name.clone(), architecture));
        }
    }
    assert!(!all.is_empty());
    all
}

/// What is decided moves on purpose only: the small project's recipes hold one of everything that a definition and a lock can
/// say. `sage-oci recipe --project crates/io/project/tests/small` writes them again.
#[test]
fn what_is_committed_is_what_is_made() {
    for project in [small(), template(), repository()] {
        let mut documents = vec![project.list_of_images().unwrap()];
        documents.extend(locks(&project).iter().map(|(channel, of)| project.recipe(channel, *of).unwrap()));
        for document in documents {
            let name = project.document_path(&document);
            let written = project.written(&document).unwrap();
            assert!(written.as_ref() == Some(&document.text), "{} is out of date: `sage-oci recipe`", name.display());
        }
    }
}

/// A recipe read as `nix/steps.nix` reads it.
struct Fold<'a> {
    project: &'a Project,
    recipe: &'a Value,
    steps: Map<String, Value>,
    outputs: BTreeMap<String, Map<String, Value>>,
}

impl Fold<'_> {
    fn fill(&self, value: &Value) -> Value {
        let Value::Object(map) = value else {
            return match value {
                Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
                plain => plain.clone(),
            };
        };
        let text = |key: &str| map.get(key).and_then(Value::as_str);
        if let Some((step, output)) =
            text("$out").map(|step| (step, "out")).or(text("$contents").map(|step| (step, "contents")))
        {
            return format!("{}{}", self.outputs[step][output].as_str().unwrap(), text("below").unwrap_or("")).into();
        }
        if let Some(name) = text("$shared") {
            return self.fill(&self.recipe["shared"][name]);
        }
        if let Some(file) = text("$file") {
            return files::read_to_string(self.project.root().join(file)).unwrap().into();
        }
        map.iter().map(|(key, value)| (key.clone(), self.fill(value))).collect::<Map<_, _>>().into()
    }
}

/// The document loses nothing: from it alone comes the text of every step that the program makes a derivation of, with the same
/// inputs.
#[test]
fn a_recipe_folds_to_the_steps_that_the_program_makes() {
    let builder = StorePath::parse("/nix/store/00000000000000000000000000000000-builder").unwrap();
    for project in [small(), repository()] {
        let placed = project.placed_files().unwrap();
        for (channel, architecture) in locks(&project) {
            let lock = project.lock(&channel, architecture).unwrap();
            let sources = project.channel(&channel).unwrap().apt_sources();
            let recipe: Value = serde_json::from_str(&project.recipe(&channel, architecture).unwrap().text).unwrap();
            for (machine, own) in recipe["machines"].as_object().unwrap() {
                let machine: Architecture = machine.parse().unwrap();
                let mut steps = recipe["steps"].as_object().unwrap().clone();
                steps.extend(own.as_object().unwrap().clone());
                let mut fold = Fold { project: &project, recipe: &recipe, steps, outputs: BTreeMap::new() };
                let mut made = 0;
                let surroundings = Surroundings { machine, sources: &sources, files: &placed, commit: None };
                for (name, top) in recipe["images"].as_object().unwrap() {
                    let image = project.image(&name.parse().unwrap(), Some(&channel)).unwrap();
                    let mut graph = Graph::default();
                    sage_oci_recipe::image(&mut graph, &lock, &image, surroundings).unwrap();
                    let emitted = Emitted::new(&graph, &builder, machine).unwrap();
                    for finished in emitted.derivations().iter() {
                        let name = finished.path.name().trim_end_matches(".drv");
                        let outputs =
                            finished.outputs.iter().map(|(name, path)| (name.clone(), path.to_string().into()));
                        fold.outputs.insert(name.to_owned(), outputs.collect());
                        let step: Value = serde_json::from_str(&finished.derivation.env["spec"]).unwrap();
                        assert!(fold.fill(&fold.steps[name]["step"]) == step, "{name} of {channel} for {architecture}");
                        made += 1;
                    }
                    assert_eq!(
                        emitted.derivations().iter().last().unwrap().path.name(),
                        format!("{}.drv", top.as_str().unwrap())
                    );
                }
                assert!(made >= fold.steps.len(), "{made} steps were compared of {}", fold.steps.len());
            }
        }
    }
}

/// A copy of the small project, to be spoilt.
fn copy() -> (tempfile::TempDir, Project) {
    fn copied(from: &Path, to: &Path) {
        files::create_dir_all(to).unwrap();
        for path in files::list(from).unwrap() {
            let target = to.join(path.file_name().unwrap());
            match path.is_dir() {
                true => copied(&path, &target),
                false => files::write_atomic(target, &files::read(path).unwrap()).unwrap(),
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    copied(small().root(), folder.path());
    let project = Project::at(folder.path()).unwrap().unwrap();
    (folder, project)
}

fn check(project: &Project) -> Result<(), ProjectError> {
    project.check_recipe(&"sid".parse().unwrap(), Architecture::Amd64)
}

fn append(path: PathBuf) {
    let text = files::read_to_string(&path).unwrap();
    files::write_atomic(path, format!("{text}\n").as_bytes()).unwrap();
}

#[test]
fn every_file_that_a_recipe_was_made_from_makes_it_out_of_date() {
    let (_folder, project) = copy();
    check(&project).unwrap();
    let inputs = [
        "nix/images/tool.toml",
        "nix/images/tool-dev.toml",
        "nix/channels/sid.toml",
        "nix/locks/sid.json",
        "nix/images/files/which",
        "nix/images/files/tool.conf",
        "nix/images/files/page.patch",
    ];
    for input in inputs {
        let (_folder, project) = copy();
        append(project.root().join(input));
        let error = check(&project).unwrap_err();
        assert!(error.to_string().ends_with(&format!("is out of date: {input} has changed")), "{error}");
        assert!(error.hint().unwrap().contains("`sage-oci recipe`"));
        files::remove_file(project.root().join(input)).unwrap();
        let error = check(&project).unwrap_err().to_string();
        assert!(error.ends_with(&format!("it was made from {input}, which is gone")), "{error}");
    }
    // The lock of another architecture is nothing to this one.
    append(project.root().join("nix/locks/sid-arm64.json"));
    check(&project).unwrap();
}

#[test]
fn a_new_definition_makes_the_list_of_images_out_of_date() {
    let (_folder, project) = copy();
    let text = files::read_to_string(project.root().join("nix/images/tool.toml")).unwrap();
    files::write_atomic(project.root().join("nix/images/new.toml"), text.replace("\"tool", "\"new").as_bytes())
        .unwrap();
    let error = check(&project).unwrap_err().to_string();
    assert_eq!(error, "nix/images.json is out of date: nix/images/new.toml is new");
}

#[test]
fn without_recipes_nothing_is_out_of_date_and_nonsense_is_an_error() {
    let (_folder, project) = copy();
    append(project.root().join("nix/locks/sid.json"));
    files::remove_file(project.root().join("nix/recipes/sid.json")).unwrap();
    check(&project).unwrap();
    for (text, expected) in [
        ("{", "it is not a recipe"),
        ("{\"format\": 1}", "missing field `made_from`"),
        ("{\"format\": 2, \"made_from\": {}}", "it has format 2, this sage-oci knows format 1"),
    ] {
        files::write_atomic(project.root().join("nix/recipes/sid.json"), text.as_bytes()).unwrap();
        let error = check(&project).unwrap_err();
        assert!(error.to_string().starts_with("nix/recipes/sid.json: "), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}
