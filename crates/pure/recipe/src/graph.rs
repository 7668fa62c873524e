use crate::stack::Stack;
use crate::{Handle, ImageStep, Job, RuntimeConfig, Sink, Step, labels};
use sage_oci_definition::{Config, Resolved};
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_lock::{ImagePlan, Lock};
use sage_oci_names::{Architecture, ImageName, LayerName, Sha256};
use std::collections::BTreeMap;

/// Why a lock and a definition do not give an image.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError<E: std::error::Error + 'static> {
    /// The lock was made before the image was defined.
    #[error("the lock of channel `{channel}` has no image `{image}`")]
    NotLocked {
        /// The image.
        image: ImageName,
        /// The lock's channel.
        channel: String,
    },
    /// A plan names a layer that the lock does not describe.
    #[error("image `{image}` wants the layer `{layer}`, which the lock does not describe")]
    NoSuchLayer {
        /// The image.
        image: ImageName,
        /// The layer.
        layer: LayerName,
    },
    /// Byte-code is asked for and no Python is locked.
    #[error("packages of image `{image}` ship Python modules, and `python3-minimal` is not in the lock")]
    NoPython {
        /// The image.
        image: ImageName,
    },
    /// The byte-code would be compiled by a Python that does not run on the machine that builds.
    #[error(
        "image `{image}` for {target} cannot be built on {machine}: the lock pins no Python that runs there, to compile byte-code with"
    )]
    Foreign {
        /// The image.
        image: ImageName,
        /// The lock's channel.
        channel: String,
        /// The architecture of the machine that builds.
        machine: Architecture,
        /// The image's architecture.
        target: Architecture,
    },
    /// A placed file's source is not there.
    #[error("image `{image}` places `{path}` from `{source_name}`, which is not below nix/images/files")]
    NoSource {
        /// The image.
        image: ImageName,
        /// Where it would go.
        path: String,
        /// The file's name.
        source_name: String,
    },
    /// The lock was made for another archive of a source tree or a wheel.
    #[error("the lock of channel `{channel}` has another archive of `{source_name}` than image `{image}`")]
    OtherSource {
        /// The image.
        image: ImageName,
        /// The tree or wheel.
        source_name: String,
        /// The lock's channel.
        channel: String,
    },
    /// A closure has no steps.
    #[error(transparent)]
    Closure(Box<crate::ClosureStepError>),
    /// What takes the steps failed.
    #[error(transparent)]
    Sink(#[from] E),
}

impl<E: std::error::Error + 'static> RecipeError<E> {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotLocked { channel, .. } | Self::OtherSource { channel, .. } => {
                Some(format!("write the lock again: `sage-oci lock --channel {channel}`"))
            }
            Self::NoSuchLayer { .. } => Some("restore the committed lock; locks are not edited by hand".to_owned()),
            Self::NoPython { .. } => Some("add `python3` to the image's wanted packages".to_owned()),
            Self::Foreign { channel, machine, target, .. } => Some(format!(
                "write the lock again: `sage-oci lock --channel {channel} --arch {target} --build-on {machine}`, or build on {target}"
            )),
            Self::Closure(error) => error.hint(),
            Self::NoSource { .. } | Self::Sink(_) => None,
        }
    }
}

/// An image's steps, added to a sink.
#[derive(Debug, Clone)]
pub struct ImageGraph {
    /// The fixed-output fetches, bottom layer first.
    pub fetches: Vec<Fetch>,
    /// All layers of the image, bottom first.
    pub layers: Vec<LayerHandle>,
    /// The OCI layout.
    pub image: Handle,
}

/// One fetch: where its output will lie and what it holds.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// The derivation.
    pub handle: Handle,
    /// Mirrors and files.
    pub step: crate::FetchStep,
    /// The digest of the output's NAR.
    pub nar_sha256: Sha256,
}

/// A layer and the derivation that makes it.
#[derive(Debug, Clone)]
pub struct LayerHandle {
    /// Its name.
    pub name: LayerName,
    /// The derivation.
    pub handle: Handle,
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

/// Adds every step of an image to a sink, inputs first.
///
/// # Errors
/// [`RecipeError`]: the lock and the definition do not fit together, or the sink refused.
pub fn image<S>(
    sink: &mut S,
    lock: &Lock,
    image: &Resolved,
    surroundings: Surroundings<'_>,
) -> Result<ImageGraph, RecipeError<S::Error>>
where
    S: Sink,
    S::Error: std::error::Error + 'static,
{
    let base = match &image.extends {
        Some(base) => Some((view(lock, base)?, base)),
        None => None,
    };
    let below = match &base {
        Some((lock, base)) => Some(Stack::add(sink, lock, base, None, surroundings)?),
        None => None,
    };
    let lock = view(lock, image)?;
    let below = below.as_ref().zip(base.as_ref()).map(|(stack, (lock, image))| (stack, lock, &image.name));
    let Stack { fetches, layers, .. } = Stack::add(sink, &lock, image, below, surroundings)?;
    let version = &plan(&lock, image)?.version;
    let step = ImageStep {
        name: image.name.clone(),
        architecture: lock.architecture,
        epoch: lock.epoch,
        layers: layers.iter().map(|layer| layer.handle.out.to_string()).collect(),
        config: runtime_config(image, labels::annotations(&lock, image, version)),
        annotations: labels::annotations(&lock, image, version),
    };
    let inputs = layers.iter().map(|layer| layer.handle.out_input()).collect();
    let handle = sink.add(Job {
        name: format!("{}-image", image.name),
        step: Step::Image(step),
        inputs,
        sources: Vec::new(),
        fixed: None,
    })?;
    Ok(ImageGraph { fetches, layers, image: handle })
}

pub(crate) fn plan<'l, E: std::error::Error + 'static>(
    lock: &'l Lock,
    image: &Resolved,
) -> Result<&'l ImagePlan, RecipeError<E>> {
    let plan = lock.images.get(&image.layers_of);
    // A lock from before the image extended another one, or from after.
    let plan = plan.filter(|plan| plan.extends == image.extends.as_ref().map(|base| base.layers_of.clone()));
    plan.ok_or_else(|| RecipeError::NotLocked { image: image.layers_of.clone(), channel: lock.channel.to_string() })
}

/// The lock as an image sees it, with the diversions of its definition behind those of scripts.
fn view<E: std::error::Error + 'static>(lock: &Lock, image: &Resolved) -> Result<Lock, RecipeError<E>> {
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
