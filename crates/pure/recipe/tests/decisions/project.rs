//! The small project: two definitions, a lock, files; and what a graph of it says.

use crate::locked::lock;
use sage_oci_definition::{Image, Resolved};
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_lock::{ImagePlan, Lock, LockFile, LockedPackage};
use sage_oci_names::{Architecture, ImageName, Sha256};
use sage_oci_recipe::{
    DEFINITION, Graph, ImageGraph, ImageStep, Job, LOCK, LayerStep, OutputName, RecipeError, Step, Surroundings, image,
};
use sage_oci_step::GenerateStep;
use serde_json::Value;
use std::collections::BTreeMap;

/// apt's sources in its images.
pub const SOURCES: &str = "Types: deb\n";

/// Everything that a graph is made from.
#[derive(Debug, Clone)]
pub struct Project {
    pub lock: Lock,
    /// The definition of the image that stands alone, and of the one that extends it.
    pub tool: String,
    pub dev: String,
    pub files: BTreeMap<String, String>,
    /// What builds.
    pub machine: Architecture,
}

impl Project {
    pub fn new() -> Self {
        let lock = lock();
        lock.check().unwrap();
        let files = ["tool.conf", "which", "first.patch", "second.patch"];
        Self {
            lock,
            tool: include_str!("tool.toml").to_owned(),
            dev: include_str!("tool-dev.toml").to_owned(),
            files: files.map(|name| (name.to_owned(), format!("text of {name}\n"))).into(),
            machine: Architecture::Amd64,
        }
    }

    /// The project with one change.
    pub fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut project = Self::new();
        change(&mut project);
        project
    }

    /// Adds to the definition of the image that stands alone, or to that of the one that extends it.
    pub fn define(&mut self, image: &str, more: &str) {
        let definition = if image == "tool" { &mut self.tool } else { &mut self.dev };
        definition.push('\n');
        definition.push_str(more);
    }

    /// Changes the one place of the definition of `tool` that has this text.
    pub fn redefine(&mut self, from: &str, to: &str) {
        assert_eq!(self.tool.matches(from).count(), 1, "{from}");
        self.tool = self.tool.replace(from, to);
    }

    pub fn plan(&mut self, image: &str) -> &mut ImagePlan {
        self.lock.images.get_mut(&name::<ImageName>(image)).unwrap()
    }

    pub fn package(&mut self, package: &str) -> &mut LockedPackage {
        self.lock.packages.iter_mut().find(|known| known.name.as_str() == package).unwrap()
    }

    /// The lock without a package and its effects, as if it had never been needed.
    pub fn forget(&mut self, package: &str) {
        self.lock.packages.retain(|known| known.name.as_str() != package);
        self.lock.effects.retain(|known| known.package.as_str() != package);
    }

    pub fn resolved(&self, image: &str) -> Resolved {
        let files = [("tool.toml", &self.tool), ("tool-dev.toml", &self.dev)];
        let images = Image::parse_all(&files.map(|(file, text)| (file.to_owned(), text.clone()))).unwrap();
        let wanted: ImageName = name(image);
        let found = images.iter().find(|known| known.names().contains(&wanted)).unwrap();
        found.resolve(&wanted, &name("sid")).unwrap()
    }

    pub fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { machine: self.machine, sources: SOURCES, files: &self.files, commit: None }
    }

    /// The graph of one image.
    pub fn made(&self, image: &str) -> Made {
        let mut graph = Graph::default();
        let made = self.add(&mut graph, image).unwrap_or_else(|error| panic!("{error}"));
        Made { graph, image: made }
    }

    pub fn add(&self, graph: &mut Graph, wanted: &str) -> Result<ImageGraph, RecipeError> {
        image(graph, &LockFile::from(self.lock.clone()), &self.resolved(wanted), self.surroundings())
    }

    pub fn refused(&self, image: &str) -> RecipeError {
        self.add(&mut Graph::default(), image).expect_err("it is refused")
    }
}

/// The graph of one image, and what it says.
pub struct Made {
    pub graph: Graph,
    pub image: ImageGraph,
}

impl Made {
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.graph.jobs().iter()
    }

    pub fn find(&self, name: &str) -> Option<&Job> {
        self.jobs().find(|job| job.name == name)
    }

    pub fn job(&self, name: &str) -> &Job {
        self.find(name).unwrap_or_else(|| panic!("there is no step {name}"))
    }

    /// The names of the image's layers, bottom first.
    pub fn layers(&self) -> Vec<&str> {
        self.image.layers.iter().map(|layer| layer.name.as_str()).collect()
    }

    pub fn generate(&self, layer: &str) -> &GenerateStep {
        match &self.job(&format!("layer-{layer}")).step {
            Step::Generate(step) => step,
            other => panic!("{other:?}"),
        }
    }

    pub fn layer(&self, layer: &str) -> &LayerStep {
        match &self.job(&format!("layer-{layer}")).step {
            Step::Layer(step) => step,
            other => panic!("{other:?}"),
        }
    }

    pub fn last(&self) -> &ImageStep {
        match &self.graph.jobs()[self.image.image.place()].step {
            Step::Image(step) => step,
            other => panic!("{other:?}"),
        }
    }

    /// What a text that names an output stands for, as `debs-base/bash_5.3-1_amd64.deb` or `layer-base.contents`.
    pub fn read(&self, text: &str) -> String {
        let (output, below) = self.graph.reference(text).unwrap_or_else(|| panic!("{text} is no output of a step"));
        let mark = if output.name == OutputName::Contents { ".contents" } else { "" };
        format!("{}{mark}{below}", self.graph.jobs()[output.place].name)
    }

    pub fn reads<'t>(&self, texts: impl IntoIterator<Item = &'t String>) -> Vec<String> {
        texts.into_iter().map(|text| self.read(text)).collect()
    }

    /// The outputs that a step reads, sorted, and their places.
    pub fn inputs(&self, job: &Job) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        visit(&serde_json::to_value(&job.step).unwrap(), &mut |text| {
            if let Some((output, below)) = self.graph.reference(text) {
                let whole = &text[..text.len() - below.len()];
                found.insert(self.read(whole), output.place);
            }
        });
        found
    }

    /// The steps with their texts, each output that they name by the name of its step: what two graphs can be compared by. That an
    /// image names its lock and its definition, which moves it with any change of either, is left to the tests of that.
    pub fn texts(&self) -> BTreeMap<&str, String> {
        let text = |job: &Job| {
            let mut step = serde_json::to_value(&job.step).unwrap();
            self.name_outputs(&mut step);
            if let Step::Image(_) = &job.step {
                step["lock"] = Value::Null;
                for said in ["/annotations", "/config/labels"] {
                    let said = step.pointer_mut(said).and_then(Value::as_object_mut).unwrap();
                    said.retain(|key, _| key != LOCK && key != DEFINITION);
                }
            }
            format!("{:?} {step:#}", job.fixed)
        };
        let all: BTreeMap<&str, String> = self.jobs().map(|job| (job.name.as_str(), text(job))).collect();
        assert_eq!(all.len(), self.graph.jobs().len(), "two steps of one name");
        all
    }

    fn name_outputs(&self, value: &mut Value) {
        match value {
            Value::String(text) if self.graph.reference(text).is_some() => *text = self.read(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.name_outputs(item)),
            Value::Object(map) => map.values_mut().for_each(|item| self.name_outputs(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// The names of the steps that differ between two graphs, or that one lacks.
pub fn changed(before: &Made, after: &Made) -> Vec<String> {
    let (before, after) = (before.texts(), after.texts());
    let mut names: Vec<&str> = before.keys().chain(after.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().filter(|name| before.get(name) != after.get(name)).map(ToOwned::to_owned).collect()
}

fn visit(value: &Value, seen: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => seen(text),
        Value::Array(items) => items.iter().for_each(|item| visit(item, seen)),
        Value::Object(map) => map.values().for_each(|item| visit(item, seen)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

pub fn name<T>(text: &str) -> T
where
    T: std::str::FromStr,
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

pub fn names<T: ToString>(all: impl IntoIterator<Item = T>) -> Vec<String> {
    all.into_iter().map(|name| name.to_string()).collect()
}

/// A digest that says which thing of the small project it is of.
pub fn digest(number: u8) -> Sha256 {
    Sha256::new([number; 32])
}

/// An effect in the form that a lock has it in.
pub fn effect(package: &str, text: &str) -> OwnedEffect {
    let effect: Effect = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    OwnedEffect { package: name(package), effect }
}
