use crate::{Handle, ImageGraph, IndexStep, Job, Sink, Step};
use sage_oci_names::{Architecture, ImageName};
use std::collections::BTreeMap;

/// Adds the step that joins one image's graphs, one an architecture, and gives the graph of the whole.
///
/// What they share, as a fetch of packages for all architectures, is in the whole once.
///
/// # Errors
/// The sink's own.
pub fn index<S: Sink>(
    sink: &mut S,
    name: &ImageName,
    graphs: BTreeMap<Architecture, ImageGraph>,
) -> Result<ImageGraph, S::Error> {
    let images: BTreeMap<Architecture, Handle> =
        graphs.iter().map(|(architecture, graph)| (*architecture, graph.image.clone())).collect();
    let image = sink.add(Job {
        name: format!("{name}-index"),
        inputs: images.values().map(Handle::out_input).collect(),
        step: Step::Index(IndexStep {
            name: name.clone(),
            images: images.into_iter().map(|(architecture, image)| (architecture, image.out.to_string())).collect(),
        }),
        sources: Vec::new(),
        fixed: None,
    })?;
    let mut whole = ImageGraph { fetches: Vec::new(), layers: Vec::new(), image };
    for graph in graphs.into_values() {
        for fetch in graph.fetches {
            if !whole.fetches.iter().any(|known| known.handle == fetch.handle) {
                whole.fetches.push(fetch);
            }
        }
        for layer in graph.layers {
            if !whole.layers.iter().any(|known| known.handle == layer.handle) {
                whole.layers.push(layer);
            }
        }
    }
    Ok(whole)
}
