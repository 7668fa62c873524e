use crate::fill::fill;
use sage_oci_recipe::{Graph, Job, Node, OutputName};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A graph's steps as values, with holes where the store's paths and the texts of files will stand.
pub(crate) struct Record {
    pub(crate) steps: BTreeMap<String, Value>,
    /// The steps' names in `steps`, in the graph's order.
    names: Vec<String>,
    /// The files that holes name.
    pub(crate) files: BTreeSet<String>,
}

impl Record {
    /// `placed` are files and their texts: where a text of a step is one of these, a hole names the file.
    pub(crate) fn new(graph: &Graph, placed: &BTreeMap<String, String>) -> Self {
        let by_text: BTreeMap<&str, &String> = placed
            .iter()
            .rev()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (text.as_str(), name))
            .collect();
        let mut record = Self { steps: BTreeMap::new(), names: Vec::new(), files: BTreeSet::new() };
        for job in graph.jobs() {
            let name = record.free_name(&job.name);
            let value = record.describe(graph, job, &name, &by_text);
            record.steps.insert(name.clone(), value);
            record.names.push(name);
        }
        record
    }

    /// A step's name in `steps`.
    pub(crate) fn name(&self, node: &Node) -> &str {
        &self.names[node.place()]
    }

    /// The step's own name; two images may have steps of one name, and what differs then gets a number.
    fn free_name(&self, name: &str) -> String {
        let numbered = (2..).map(|number| format!("{name}~{number}"));
        std::iter::once(name.to_owned())
            .chain(numbered)
            .find(|name| !self.steps.contains_key(name))
            .expect("numbers do not end")
    }

    fn describe(&mut self, graph: &Graph, job: &Job, name: &str, by_text: &BTreeMap<&str, &String>) -> Value {
        let mut step = serde_json::to_value(&job.step).expect("steps have string keys and plain values");
        fill(&mut step, &mut |text| {
            if let Some((output, below)) = graph.reference(text) {
                let hole = match output.name {
                    OutputName::Out => "$out",
                    OutputName::Contents => "$contents",
                };
                let step = &self.names[output.place];
                return Some(if below.is_empty() {
                    json!({ hole: step })
                } else {
                    json!({ hole: step, "below": below })
                });
            }
            let file = *by_text.get(text)?;
            self.files.insert(file.clone());
            Some(json!({ "$file": file }))
        });
        let mut value = Map::new();
        if name != job.name {
            value.insert("name".to_owned(), job.name.clone().into());
        }
        if let Some(nar) = job.fixed {
            value.insert("fixed".to_owned(), nar.hex().into());
        }
        if job.outputs() != [OutputName::Out] {
            value.insert("outputs".to_owned(), job.outputs().iter().map(|output| output.as_str()).collect());
        }
        value.insert("step".to_owned(), step);
        Value::Object(value)
    }
}
