use crate::accounts::Accounts;
use crate::generated::Generated;
use crate::interpreter::Compiler;
use crate::packages::Packages;
use crate::{Handle, ImageStep, Input, Job, RuntimeConfig, Sealing, Sink, Step, labels};
use sage_oci_definition::{Config, Resolved};
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
            Self::NotLocked { channel, .. } => {
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

/// Adds every step of an image to a sink, inputs first.
///
/// `machine` is the architecture of the machine that builds, `sources` the text of apt's sources in the image, `files` the
/// contents of the definition's source files by name.
///
/// # Errors
/// [`RecipeError`]: the lock and the definition do not fit together, or the sink refused.
pub fn image<S>(
    sink: &mut S,
    lock: &Lock,
    image: &Resolved,
    machine: Architecture,
    sources: &str,
    files: &BTreeMap<String, String>,
) -> Result<ImageGraph, RecipeError<S::Error>>
where
    S: Sink,
    S::Error: std::error::Error + 'static,
{
    let plan = lock
        .images
        .get(&image.layers_of)
        .ok_or_else(|| RecipeError::NotLocked { image: image.layers_of.clone(), channel: lock.channel.to_string() })?;
    check_sources(image, files)?;
    let sealing = Sealing { epoch: lock.epoch, compression: image.compression.clone(), level: image.level };
    let accounts = Accounts::new(&lock.effects, &image.user, &image.version_of);
    let mut packages = Packages::new(lock);
    let mut fetches = add_fetches(sink, lock, plan, image, &mut packages)?;

    let mut layers = Vec::new();
    for (position, name) in plan.layers.iter().enumerate() {
        let step = packages.layer_step(name, position == 0, image, &accounts, sealing.clone());
        let inputs = vec![packages.fetches[name].out_input()];
        let handle = sink.add(Job {
            name: format!("layer-{name}"),
            step: Step::Layer(step),
            inputs,
            sources: Vec::new(),
            fixed: None,
        })?;
        layers.push(LayerHandle { name: name.clone(), handle });
    }
    let contents: Vec<Input> = layers.iter().map(|layer| layer.handle.contents_input()).collect();
    let contents_paths: Vec<String> =
        layers.iter().filter_map(|layer| layer.handle.contents.as_ref()).map(ToString::to_string).collect();

    if !plan.bytecode.is_empty() {
        let compiler = Compiler::new(sink, lock, &packages, &image.name, machine)?;
        fetches.extend(compiler.fetch);
        for (name, of) in &plan.bytecode {
            let step = packages.bytecode_step(name, of, &compiler.interpreter, image, sealing.clone());
            let Some(step) = step else { continue };
            let compiled = fetch_inputs(&packages, step.packages.iter().map(|package| &package.name));
            let inputs = each_once(compiler.inputs.iter().cloned().chain(compiled).collect());
            let handle = sink.add(Job {
                name: format!("layer-{name}"),
                step: Step::Bytecode(step),
                inputs,
                sources: Vec::new(),
                fixed: None,
            })?;
            layers.push(LayerHandle { name: name.clone(), handle });
        }
    }

    let generated = Generated {
        lock,
        image,
        packages: &packages,
        accounts: &accounts,
        sources,
        files,
        sealing,
        contents: contents_paths,
    };
    for mut generation in generated.all() {
        let name = generation.step.name.clone();
        let mut inputs = contents.clone();
        let below = layers.iter().find(|layer| Some(layer.name.as_str()) == generation.after);
        if let Some(below) = below {
            inputs.push(below.handle.contents_input());
            generation.step.contents.extend(below.handle.contents.as_ref().map(ToString::to_string));
        }
        inputs.extend(fetch_inputs(&packages, generation.reads.iter()));
        let step = Step::Generate(generation.step);
        let handle = sink.add(Job { name: format!("layer-{name}"), step, inputs, sources: Vec::new(), fixed: None })?;
        layers.push(LayerHandle { name, handle });
    }

    let step = ImageStep {
        name: image.name.clone(),
        architecture: lock.architecture,
        epoch: lock.epoch,
        layers: layers.iter().map(|layer| layer.handle.out.to_string()).collect(),
        config: runtime_config(image, labels::annotations(lock, image, &plan.version)),
        annotations: labels::annotations(lock, image, &plan.version),
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

fn add_fetches<S>(
    sink: &mut S,
    lock: &Lock,
    plan: &ImagePlan,
    image: &Resolved,
    packages: &mut Packages<'_>,
) -> Result<Vec<Fetch>, RecipeError<S::Error>>
where
    S: Sink,
    S::Error: std::error::Error + 'static,
{
    let mut fetches = Vec::new();
    for name in &plan.layers {
        let layer = lock
            .layers
            .iter()
            .find(|layer| layer.name == *name)
            .ok_or_else(|| RecipeError::NoSuchLayer { image: image.name.clone(), layer: name.clone() })?;
        let step = packages.fetch_step(name);
        let nar_sha256 = layer.fetch.nar_sha256;
        let job = Job {
            name: format!("debs-{name}"),
            step: Step::Fetch(step.clone()),
            inputs: Vec::new(),
            sources: Vec::new(),
            fixed: Some(nar_sha256),
        };
        let handle = sink.add(job)?;
        packages.fetches.insert(name.clone(), handle.clone());
        fetches.push(Fetch { handle, step, nar_sha256 });
    }
    Ok(fetches)
}

/// The fetches that hold some packages, each once, in a fixed order.
pub(crate) fn fetch_inputs<'a>(
    packages: &Packages<'_>,
    names: impl Iterator<Item = &'a sage_oci_names::PackageName>,
) -> Vec<Input> {
    each_once(names.filter_map(|name| packages.fetch_of(name)).map(Handle::out_input).collect())
}

fn each_once(mut inputs: Vec<Input>) -> Vec<Input> {
    inputs.sort_by(|a, b| a.derivation.cmp(&b.derivation));
    inputs.dedup();
    inputs
}

fn check_sources<E: std::error::Error + 'static>(
    image: &Resolved,
    files: &BTreeMap<String, String>,
) -> Result<(), RecipeError<E>> {
    for (entry, kind) in &image.files {
        if let sage_oci_definition::FileKind::Source(name) = kind
            && !files.contains_key(name)
        {
            return Err(RecipeError::NoSource {
                image: image.name.clone(),
                path: entry.path.clone(),
                source_name: name.clone(),
            });
        }
    }
    Ok(())
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
