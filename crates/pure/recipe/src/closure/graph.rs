use super::{BaseContents, ClosureImage, ClosureImageStep, ClosureMember, ClosureStepError, split};
use crate::{Handle, Job, LayerHandle, RecipeError, Sink, Step};
use sage_oci_names::StorePath;

/// A closure image's steps, added to a sink.
#[derive(Debug, Clone)]
pub struct ClosureGraph {
    /// The layers, bottom first, the top one last.
    pub layers: Vec<LayerHandle>,
    /// The OCI layout.
    pub image: Handle,
}

/// Adds a closure image to a sink: one job a layer, which reads its own paths alone, and one that joins them. So what
/// changes a path makes its layer again and no other.
///
/// # Errors
/// As [`split`]; or the sink refused.
pub fn closure_image<S>(
    sink: &mut S,
    image: &ClosureImage,
    contents: &[StorePath],
    members: &[ClosureMember],
    base: &BaseContents,
) -> Result<ClosureGraph, RecipeError<S::Error>>
where
    S: Sink,
    S::Error: std::error::Error + 'static,
{
    let steps = split(image, contents, members, base).map_err(ClosureStepError::into_recipe)?;
    let mut layers = Vec::new();
    for step in steps.layers {
        let name = step.name.clone();
        let sources = step.paths.iter().map(|path| path.path.clone()).collect();
        let job = Job {
            name: format!("layer-{name}"),
            step: Step::ClosureLayer(step),
            inputs: Vec::new(),
            sources,
            fixed: None,
        };
        layers.push(LayerHandle { name, handle: sink.add(job)? });
    }
    let name = steps.top.layer.name.clone();
    let step = Step::ClosureTop(steps.top);
    let sources = mentioned(&step, members, image)?;
    let job = Job { name: format!("layer-{name}"), step, inputs: Vec::new(), sources, fixed: None };
    layers.push(LayerHandle { name, handle: sink.add(job)? });

    let step = Step::ClosureImage(ClosureImageStep {
        // What only concerns layers must not make the image's derivation mention store paths.
        image: ClosureImage { copy_to_root: Vec::new(), permissions: Vec::new(), ..image.clone() },
        layers: layers.iter().map(|layer| layer.handle.out.clone()).collect(),
    });
    let sources = mentioned(&step, members, image)?;
    let job = Job {
        name: format!("{}-image", image.name),
        step,
        inputs: layers.iter().map(|layer| layer.handle.out_input()).collect(),
        sources,
        fixed: None,
    };
    Ok(ClosureGraph { layers, image: sink.add(job)? })
}

/// The store paths that a step's text names, as a command or a registration may: each must be an input.
fn mentioned<E: std::error::Error + 'static>(
    step: &Step,
    members: &[ClosureMember],
    image: &ClosureImage,
) -> Result<Vec<StorePath>, RecipeError<E>> {
    let text = serde_json::to_string(step).map_err(|source| ClosureStepError::Json { source }.into_recipe())?;
    let known = members.iter().map(|member| &member.path).chain(&image.from_image);
    Ok(known.filter(|path| text.contains(path.as_str())).cloned().collect())
}

impl ClosureStepError {
    fn into_recipe<E: std::error::Error + 'static>(self) -> RecipeError<E> {
        RecipeError::Closure(Box::new(self))
    }
}
