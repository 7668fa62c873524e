use crate::Step;
use sage_oci_names::{Sha256, StorePath};
use std::collections::BTreeMap;

/// Steps and what each reads of others, before any of them has a place in the store.
///
/// Where a step's text names an output of another step, a placeholder stands: a store path that no derivation can have.
/// Whoever turns the graph into derivations puts the real path there, and so learns what the step's inputs are:
/// nothing else says it, so that text and inputs cannot disagree.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    jobs: Vec<Job>,
    outputs: BTreeMap<StorePath, Output>,
}

/// A step with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The derivation's name.
    pub name: String,
    /// What to do.
    pub step: Step,
    /// Store paths that the step reads and no step makes.
    pub sources: Vec<StorePath>,
    /// For a fixed-output step: the digest of its output's NAR.
    pub fixed: Option<Sha256>,
}

impl Job {
    /// A step that reads nothing but what other steps make.
    pub fn new(name: impl Into<String>, step: Step) -> Self {
        Self { name: name.into(), step, sources: Vec::new(), fixed: None }
    }

    /// The names of the step's outputs.
    pub fn outputs(&self) -> &'static [OutputName] {
        match self.step {
            Step::Layer(_)
            | Step::Bytecode(_)
            | Step::Generate(_)
            | Step::Source(_)
            | Step::Wheel(_)
            | Step::Overlay(_)
            | Step::Checkout(_) => &[OutputName::Out, OutputName::Contents],
            Step::Fetch(_)
            | Step::Root(_)
            | Step::Run(_)
            | Step::Image(_)
            | Step::Index(_)
            | Step::Links(_)
            | Step::Closure(_)
            | Step::ClosureLayer(_)
            | Step::ClosureTop(_)
            | Step::ClosureImage(_) => &[OutputName::Out],
        }
    }
}

/// The outputs that steps have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputName {
    /// The result.
    Out,
    /// What is in a layer, for later steps.
    Contents,
}

impl OutputName {
    /// Its name in the derivation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Contents => "contents",
        }
    }
}

/// A step of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    place: usize,
    out: StorePath,
    contents: Option<StorePath>,
}

impl Node {
    /// The step's place in [`Graph::jobs`].
    pub fn place(&self) -> usize {
        self.place
    }

    /// What stands for its output `out`.
    pub fn out(&self) -> &StorePath {
        &self.out
    }

    /// What stands for its output `contents`, where it has one.
    pub fn contents(&self) -> Option<&StorePath> {
        self.contents.as_ref()
    }
}

/// An output of a step of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// The step's place in [`Graph::jobs`].
    pub place: usize,
    /// Which of its outputs.
    pub name: OutputName,
}

impl Graph {
    /// Adds a step; every step that it reads was added before. One that is there already is not added again.
    pub fn add(&mut self, job: Job) -> Node {
        let known = self.jobs.iter().position(|known| *known == job);
        let place = known.unwrap_or(self.jobs.len());
        let node = Node {
            place,
            out: placeholder(place, &job.name),
            contents: job
                .outputs()
                .contains(&OutputName::Contents)
                .then(|| placeholder(place, &format!("{}-contents", job.name))),
        };
        if known.is_none() {
            self.outputs.insert(node.out.clone(), Output { place, name: OutputName::Out });
            if let Some(contents) = &node.contents {
                self.outputs.insert(contents.clone(), Output { place, name: OutputName::Contents });
            }
            self.jobs.push(job);
        }
        node
    }

    /// All steps, inputs before what reads them.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// The output that a text of a step begins with, and what follows it: nothing, or `/` and a path.
    pub fn reference<'t>(&self, text: &'t str) -> Option<(Output, &'t str)> {
        let name = text.strip_prefix(STORE)?;
        let end = name.find('/').map_or(text.len(), |end| STORE.len() + end);
        let output = self.outputs.get(&StorePath::parse(&text[..end]).ok()?)?;
        Some((*output, &text[end..]))
    }
}

const STORE: &str = "/nix/store/";

/// A digest has 160 bits; a number of steps has a few.
fn placeholder(place: usize, name: &str) -> StorePath {
    StorePath::parse(&format!("{STORE}{place:032}-{name}")).expect("names of steps are names of derivations")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FetchStep, LinksStep};

    fn fetch(name: &str) -> Job {
        Job::new(name, Step::Fetch(FetchStep { mirrors: Vec::new(), files: Vec::new() }))
    }

    #[test]
    fn what_is_there_is_not_added_again() {
        let mut graph = Graph::default();
        let first = graph.add(fetch("debs-a"));
        assert_eq!(graph.add(fetch("debs-a")), first);
        let mut other = fetch("debs-a");
        other.fixed = Some(Sha256::new([1; 32]));
        assert_ne!(graph.add(other).out(), first.out());
        assert_eq!(graph.jobs().len(), 2);
    }

    #[test]
    fn a_reference_is_an_output_and_what_follows() {
        let mut graph = Graph::default();
        let node = graph.add(fetch("debs-a"));
        let links = Job::new("links", Step::Links(LinksStep { links: BTreeMap::new() }));
        let other = graph.add(links);
        let out = Output { place: node.place(), name: OutputName::Out };
        assert_eq!(graph.reference(node.out().as_str()), Some((out, "")));
        assert_eq!(graph.reference(&format!("{}/a/b", node.out())), Some((out, "/a/b")));
        assert_eq!(graph.reference(other.out().as_str()).unwrap().0.place, 1);
        let unknown = StorePath::parse(&format!("{STORE}{}-debs-a", "1".repeat(32))).unwrap();
        for text in [unknown.as_str(), "/nix/store", "/nix/store/", "/etc", "", &format!("x{}", node.out())] {
            assert_eq!(graph.reference(text), None, "{text}");
        }
    }
}
