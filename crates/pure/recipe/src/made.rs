use crate::{FetchStep, Graph, Job, Node, Step};
use sage_oci_names::{LayerName, Sha256};

/// An image's steps in a graph.
#[derive(Debug, Clone)]
pub struct ImageGraph {
    /// The fixed-output fetches, bottom layer first.
    pub fetches: Vec<Fetch>,
    /// All layers of the image, bottom first.
    pub layers: Vec<LayerNode>,
    /// The OCI layout.
    pub image: Node,
}

/// One fetch: the step and what it holds.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// The step's place.
    pub node: Node,
    /// Mirrors and files.
    pub step: FetchStep,
    /// The digest of the output's NAR.
    pub nar_sha256: Sha256,
}

impl Fetch {
    pub(crate) fn add(graph: &mut Graph, name: String, step: FetchStep, nar_sha256: Sha256) -> Self {
        let node = graph.add(Job { fixed: Some(nar_sha256), ..Job::new(name, Step::Fetch(step.clone())) });
        Self { node, step, nar_sha256 }
    }
}

/// A layer and the step that makes it.
#[derive(Debug, Clone)]
pub struct LayerNode {
    /// Its name.
    pub name: LayerName,
    /// The step's place.
    pub node: Node,
}
