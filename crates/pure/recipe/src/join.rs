use crate::{Graph, ImageGraph, IndexStep, Job, Node, Step};
use sage_oci_names::{Architecture, ImageName};
use std::collections::BTreeMap;

/// Adds the step that joins one image's graphs, one an architecture, and gives the graph of the whole.
///
/// What they share, as a fetch of packages for all architectures, is in the whole once.
pub fn index(graph: &mut Graph, name: &ImageName, images: BTreeMap<Architecture, ImageGraph>) -> ImageGraph {
    let node = |(architecture, image): (&Architecture, &ImageGraph)| (*architecture, image.image.out().to_string());
    let step = IndexStep { name: name.clone(), images: images.iter().map(node).collect() };
    let image: Node = graph.add(Job::new(format!("{name}-index"), Step::Index(step)));
    let mut whole = ImageGraph { fetches: Vec::new(), layers: Vec::new(), image };
    for image in images.into_values() {
        for fetch in image.fetches {
            if !whole.fetches.iter().any(|known| known.node == fetch.node) {
                whole.fetches.push(fetch);
            }
        }
        for layer in image.layers {
            if !whole.layers.iter().any(|known| known.node == layer.node) {
                whole.layers.push(layer);
            }
        }
    }
    whole
}
