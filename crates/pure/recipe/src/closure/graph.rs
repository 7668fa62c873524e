use crate::{
    BaseContents, ClosureImage, ClosureImageStep, ClosureMember, ClosureStepError, Graph, Job, LayerNode, Node, Step,
    split,
};
use sage_oci_names::StorePath;

/// A closure image's steps in a graph.
#[derive(Debug, Clone)]
pub struct ClosureGraph {
    /// The layers, bottom first, the top one last.
    pub layers: Vec<LayerNode>,
    /// The OCI layout.
    pub image: Node,
}

/// Adds a closure image to a graph: one step a layer, which reads its own paths alone, and one that joins them. So what
/// changes a path makes its layer again and no other.
///
/// # Errors
/// As [`split`].
pub fn closure_image(
    graph: &mut Graph,
    image: &ClosureImage,
    contents: &[StorePath],
    members: &[ClosureMember],
    base: &BaseContents,
) -> Result<ClosureGraph, ClosureStepError> {
    let steps = split(image, contents, members, base)?;
    let mut layers = Vec::new();
    for step in steps.layers {
        let name = step.name.clone();
        let sources = step.paths.iter().map(|path| path.path.clone()).collect();
        let job = Job { sources, ..Job::new(format!("layer-{name}"), Step::ClosureLayer(step)) };
        layers.push(LayerNode { name, node: graph.add(job) });
    }
    let name = steps.top.layer.name.clone();
    let step = Step::ClosureTop(steps.top);
    let sources = mentioned(&step, members, image)?;
    let job = Job { sources, ..Job::new(format!("layer-{name}"), step) };
    layers.push(LayerNode { name, node: graph.add(job) });

    let step = Step::ClosureImage(ClosureImageStep {
        // What only concerns layers must not make the image's derivation mention store paths.
        image: ClosureImage { copy_to_root: Vec::new(), permissions: Vec::new(), ..image.clone() },
        layers: layers.iter().map(|layer| layer.node.out().clone()).collect(),
    });
    let sources = mentioned(&step, members, image)?;
    let job = Job { sources, ..Job::new(format!("{}-image", image.name), step) };
    Ok(ClosureGraph { layers, image: graph.add(job) })
}

/// The store paths that a step's text names, as a command or a registration may: each must be an input.
fn mentioned(step: &Step, members: &[ClosureMember], image: &ClosureImage) -> Result<Vec<StorePath>, ClosureStepError> {
    let text = serde_json::to_string(step).map_err(|source| ClosureStepError::Json { source })?;
    let known = members.iter().map(|member| &member.path).chain(&image.from_image);
    Ok(known.filter(|path| text.contains(path.as_str())).cloned().collect())
}
