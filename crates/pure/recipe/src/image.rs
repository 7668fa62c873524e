use crate::stack::Stack;
use crate::view::{Surroundings, plan, view};
use crate::{Graph, ImageGraph, ImageStep, Job, RecipeError, RuntimeConfig, Step, labels};
use sage_oci_definition::{Config, Resolved};
use sage_oci_lock::Lock;
use std::collections::BTreeMap;

/// Adds every step of an image to a graph, inputs first.
///
/// # Errors
/// [`RecipeError`]: the lock and the definition do not fit together.
pub fn image(
    graph: &mut Graph,
    lock: &Lock,
    image: &Resolved,
    surroundings: Surroundings<'_>,
) -> Result<ImageGraph, RecipeError> {
    let base = match &image.extends {
        Some(base) => Some((view(lock, base)?, base)),
        None => None,
    };
    let below = match &base {
        Some((lock, base)) => Some(Stack::add(graph, lock, base, None, surroundings)?),
        None => None,
    };
    let lock = view(lock, image)?;
    let below = below.as_ref().zip(base.as_ref()).map(|(stack, (lock, image))| (stack, lock, &image.name));
    let Stack { fetches, layers, .. } = Stack::add(graph, &lock, image, below, surroundings)?;
    let version = &plan(&lock, image)?.version;
    let step = ImageStep {
        name: image.name.clone(),
        architecture: lock.architecture,
        epoch: lock.epoch,
        layers: layers.iter().map(|layer| layer.node.out().to_string()).collect(),
        config: runtime_config(image, labels::annotations(&lock, image, version)),
        annotations: labels::annotations(&lock, image, version),
    };
    let image = graph.add(Job::new(format!("{}-image", image.name), Step::Image(step)));
    Ok(ImageGraph { fetches, layers, image })
}

fn runtime_config(image: &Resolved, mut labels: BTreeMap<String, String>) -> RuntimeConfig {
    let Config { working_dir, entrypoint, cmd, ports, stop_signal, env, labels: own } = image.config.clone();
    labels.extend(own);
    RuntimeConfig {
        // A number, so that an orchestrator can tell without the image that it is not root.
        user: image.user.id.to_string(),
        working_dir: working_dir.unwrap_or_else(|| image.user.home.clone()),
        env,
        entrypoint: entrypoint.unwrap_or_default(),
        cmd: cmd.unwrap_or_default(),
        ports: ports.unwrap_or_default(),
        labels,
        stop_signal: stop_signal.unwrap_or_default(),
    }
}
