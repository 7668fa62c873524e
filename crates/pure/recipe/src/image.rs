use crate::overlay::{On, Overlay};
use crate::replace::replace;
use crate::stack::Stack;
use crate::surroundings::{Change, Surroundings};
use crate::view::{plan, view};
use crate::{Graph, ImageGraph, ImageStep, Job, RecipeError, RuntimeConfig, Sealing, Step, labels};
use sage_oci_definition::{Config, Resolved};
use sage_oci_lock::LockFile;
use std::collections::BTreeMap;

/// Adds every step of an image to a graph, inputs first.
///
/// # Errors
/// [`RecipeError`]: the lock and the definition do not fit together.
pub fn image(
    graph: &mut Graph,
    lock: &LockFile,
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
    let file = lock;
    let lock = view(file, image)?;
    let under = below.as_ref().zip(base.as_ref()).map(|(stack, (lock, image))| (stack, lock, &image.name));
    let mut stack = Stack::add(graph, &lock, image, under, surroundings)?;
    if let Some((Change { commit, toolchain, .. }, upstream)) = surroundings.commit.zip(image.upstream.as_ref()) {
        let alone = below.as_ref().unwrap_or(&stack);
        let (mut layers, python) = (alone.layers.clone(), alone.python.clone());
        let replaced = replace(graph, &layers, commit, upstream);
        for layer in layers.iter_mut().chain(&mut stack.layers) {
            if let Some((_, without)) = replaced.iter().find(|(node, _)| *node == layer.node) {
                layer.node = without.clone();
            }
        }
        let sealing = Sealing { epoch: lock.epoch, compression: image.compression };
        let on = On { below: &layers, python: python.as_ref(), sealing };
        Overlay { commit, upstream, toolchain }.add(graph, &mut stack, image, &on)?;
        for fetch in toolchain.iter().flat_map(|toolchain| &toolchain.fetches) {
            if !stack.fetches.iter().any(|known| known.node == fetch.node) {
                stack.fetches.push(fetch.clone());
            }
        }
    }
    let Stack { fetches, layers, .. } = stack;
    let mut annotations = labels::annotations(file, image, &plan(&lock, image)?.version, surroundings);
    annotations.extend(surroundings.commit.iter().flat_map(|change| change.commit.annotations.clone()));
    let step = ImageStep {
        name: image.name.clone(),
        architecture: lock.architecture,
        epoch: lock.epoch,
        layers: layers.iter().map(|layer| layer.node.out().to_string()).collect(),
        config: runtime_config(image, annotations.clone())?,
        annotations,
        lock: file.text().to_owned(),
    };
    let image = graph.add(Job::new(format!("{}-image", image.name), Step::Image(step)));
    Ok(ImageGraph { fetches, layers, image })
}

/// A label of the definition goes before one that is computed, but for those by which an image is verified.
fn runtime_config(image: &Resolved, mut all: BTreeMap<String, String>) -> Result<RuntimeConfig, RecipeError> {
    let Config { working_dir, entrypoint, cmd, ports, stop_signal, env, labels: own } = image.config.clone();
    if let Some(label) = own.keys().find(|label| label.starts_with(labels::OURS)) {
        return Err(RecipeError::Label { image: image.name.clone(), label: label.clone() });
    }
    all.extend(own);
    Ok(RuntimeConfig {
        // A number, so that an orchestrator can tell without the image that it is not root.
        user: image.user.id.to_string(),
        working_dir: working_dir.unwrap_or_else(|| image.user.home.clone()),
        env,
        entrypoint: entrypoint.unwrap_or_default(),
        cmd: cmd.unwrap_or_default(),
        ports: ports.unwrap_or_default(),
        labels: all,
        stop_signal: stop_signal.unwrap_or_default(),
    })
}
