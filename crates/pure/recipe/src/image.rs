use crate::stack::Stack;
use crate::{FetchStep, Graph, ImageStep, Job, Node, RecipeError, RuntimeConfig, Step, labels};
use sage_oci_definition::{Config, Resolved};
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_lock::{ImagePlan, Lock};
use sage_oci_names::{Architecture, LayerName, Sha256};
use std::collections::BTreeMap;

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

/// What steps are made from, beside the lock and the image.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The architecture of the machine that builds.
    pub machine: Architecture,
    /// The text of apt's sources in the image.
    pub sources: &'a str,
    /// The contents of the definition's source files, by name.
    pub files: &'a BTreeMap<String, String>,
}

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

pub(crate) fn plan<'l>(lock: &'l Lock, image: &Resolved) -> Result<&'l ImagePlan, RecipeError> {
    let plan = lock.images.get(&image.layers_of);
    // A lock from before the image extended another one, or from after.
    let plan = plan.filter(|plan| plan.extends == image.extends.as_ref().map(|base| base.layers_of.clone()));
    plan.ok_or_else(|| RecipeError::NotLocked { image: image.layers_of.clone(), channel: lock.channel.to_string() })
}

/// The lock as an image sees it, with the diversions of its definition behind those of scripts.
fn view(lock: &Lock, image: &Resolved) -> Result<Lock, RecipeError> {
    plan(lock, image)?;
    let mut view = lock
        .view(&image.layers_of)
        .ok_or_else(|| RecipeError::NotLocked { image: image.layers_of.clone(), channel: lock.channel.to_string() })?;
    let files = image.extends.iter().flat_map(|base| &base.files).chain(&image.files);
    view.effects.extend(files.filter(|(file, _)| file.divert).map(|(file, _)| OwnedEffect {
        package: image.version_of.clone(),
        effect: Effect::Diversion { from: file.path.clone(), to: format!("{}.distrib", file.path), local: true },
    }));
    Ok(view)
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
