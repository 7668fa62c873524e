use crate::accounts::Accounts;
use crate::generated::{Generated, Generation};
use crate::graph::{Surroundings, plan};
use crate::interpreter::Compiler;
use crate::packages::Packages;
use crate::{Above, Fetch, Handle, Input, Job, LayerHandle, RecipeError, Sealing, Sink, Step, sources, wheels};
use sage_oci_definition::{Archive, FileKind, Resolved, Source, Wheel};
use sage_oci_lock::{ImagePlan, Lock};
use sage_oci_names::{Architecture, ImageName, LayerName, PackageName};
use std::collections::BTreeMap;

/// The layers of an image, added to a sink.
pub(crate) struct Stack {
    /// The fixed-output fetches, bottom layer first.
    pub(crate) fetches: Vec<Fetch>,
    /// All layers, bottom first.
    pub(crate) layers: Vec<LayerHandle>,
    /// The package layers among them.
    packages: Vec<Handle>,
    /// The fetch of each package layer.
    fetch_of: BTreeMap<LayerName, Handle>,
    /// The generated layers by kind, the upper ones last.
    generated: BTreeMap<&'static str, Vec<Handle>>,
}

impl Stack {
    /// Adds the steps of an image's layers; those of the image `below`, which it extends, are there already.
    pub(crate) fn add<S>(
        sink: &mut S,
        lock: &Lock,
        image: &Resolved,
        below: Option<(&Self, &Lock, &ImageName)>,
        surroundings: Surroundings<'_>,
    ) -> Result<Self, RecipeError<S::Error>>
    where
        S: Sink,
        S::Error: std::error::Error + 'static,
    {
        let plan = plan(lock, image)?;
        check_sources(image, surroundings.files)?;
        let sealing = Sealing { epoch: lock.epoch, compression: image.compression.clone(), level: image.level };
        let accounts = Accounts::new(&lock.effects, &image.user, &image.version_of);
        let mut packages = Packages::new(lock);
        packages.fetches = below.map(|(stack, ..)| stack.fetch_of.clone()).unwrap_or_default();
        let mut stack = match below {
            Some((stack, ..)) => Self {
                fetches: stack.fetches.clone(),
                layers: stack.layers.clone(),
                packages: stack.packages.clone(),
                fetch_of: BTreeMap::new(),
                generated: stack.generated.clone(),
            },
            None => Self {
                fetches: Vec::new(),
                layers: Vec::new(),
                packages: Vec::new(),
                fetch_of: BTreeMap::new(),
                generated: BTreeMap::new(),
            },
        };
        stack.fetches.extend(add_fetches(sink, lock, plan, image, &mut packages)?);
        for (position, name) in plan.layers.iter().enumerate() {
            let lowest = position == 0 && below.is_none();
            let step = Step::Layer(packages.layer_step(name, lowest, image, &accounts, sealing.clone()));
            let handle = stack.add_layer(sink, name, step, vec![packages.fetches[name].out_input()])?;
            stack.packages.push(handle);
        }
        let compiler = match plan.bytecode.is_empty() && image.wheels.is_empty() {
            true => None,
            false => Some(stack.add_compiler(sink, lock, &packages, &image.name, surroundings.machine)?),
        };
        if let Some(compiler) = &compiler {
            stack.add_bytecode(sink, plan, image, &packages, &sealing, compiler)?;
        }
        let generated = Generated {
            lock,
            base: below.map(|(_, lock, name)| (name, lock)),
            image,
            packages: &packages,
            accounts: &accounts,
            sources: surroundings.sources,
            files: surroundings.files,
            sealing: sealing.clone(),
            contents: stack.packages.iter().filter_map(contents).collect(),
        };
        for generation in generated.all() {
            stack.add_generated(sink, generation, below.map(|(stack, ..)| stack), &packages)?;
        }
        if let Some(compiler) = &compiler {
            for wheel in &image.wheels {
                stack.add_wheel(sink, plan, image, wheel, compiler, sealing.clone())?;
            }
        }
        for source in &image.sources {
            stack.add_source(sink, plan, image, source, surroundings, sealing.clone())?;
        }
        stack.fetch_of = packages.fetches;
        Ok(stack)
    }

    fn add_layer<S: Sink>(
        &mut self,
        sink: &mut S,
        name: &LayerName,
        step: Step,
        inputs: Vec<Input>,
    ) -> Result<Handle, S::Error> {
        let job = Job { name: format!("layer-{name}"), step, inputs, sources: Vec::new(), fixed: None };
        let handle = sink.add(job)?;
        self.layers.push(LayerHandle { name: name.clone(), handle: handle.clone() });
        Ok(handle)
    }

    /// The Python that compiles, with its fetch.
    fn add_compiler<S>(
        &mut self,
        sink: &mut S,
        lock: &Lock,
        packages: &Packages<'_>,
        image: &ImageName,
        machine: Architecture,
    ) -> Result<Compiler, RecipeError<S::Error>>
    where
        S: Sink,
        S::Error: std::error::Error + 'static,
    {
        let compiler = Compiler::new(sink, lock, packages, image, machine)?;
        // The image below has fetched the same one.
        let is_new = |fetch: &&Fetch| !self.fetches.iter().any(|known| known.handle == fetch.handle);
        let fetch = compiler.fetch.as_ref().filter(is_new).cloned();
        self.fetches.extend(fetch);
        Ok(compiler)
    }

    fn add_bytecode<S: Sink>(
        &mut self,
        sink: &mut S,
        plan: &ImagePlan,
        image: &Resolved,
        packages: &Packages<'_>,
        sealing: &Sealing,
        compiler: &Compiler,
    ) -> Result<(), S::Error> {
        for (name, of) in &plan.bytecode {
            let step = packages.bytecode_step(name, of, &compiler.interpreter, image, sealing.clone());
            let Some(step) = step else { continue };
            let compiled = fetch_inputs(packages, step.packages.iter().map(|package| &package.name));
            let inputs = each_once(compiler.inputs.iter().cloned().chain(compiled).collect());
            self.add_layer(sink, name, Step::Bytecode(step), inputs)?;
        }
        Ok(())
    }

    fn add_generated<S: Sink>(
        &mut self,
        sink: &mut S,
        generation: Generation,
        below: Option<&Self>,
        packages: &Packages<'_>,
    ) -> Result<(), S::Error> {
        let Generation { mut step, kind, reads, after } = generation;
        let mut inputs: Vec<Input> = self.packages.iter().map(Handle::contents_input).collect();
        let after = after.and_then(|kind| self.generated.get(kind)).into_iter().flatten();
        step.contents.extend(after.clone().filter_map(contents));
        inputs.extend(after.map(Handle::contents_input));
        if let Some(below) = below {
            // Files that definitions place add up; every other kind is made anew for the whole image.
            let same = below.generated.get(kind).filter(|_| kind != "files");
            let replaces = same.and_then(|all| all.last()).and_then(contents);
            let all = || below.layers.iter().map(|layer| &layer.handle).filter(|handle| handle.contents.is_some());
            step.above = Some(Above { contents: all().filter_map(contents).collect(), replaces });
            inputs.extend(all().map(Handle::contents_input));
        }
        inputs.extend(fetch_inputs(packages, reads.iter()));
        let inputs = each_once(inputs);
        let name = step.name.clone();
        let handle = self.add_layer(sink, &name, Step::Generate(step), inputs)?;
        self.generated.entry(kind).or_default().push(handle);
        Ok(())
    }
}

impl Stack {
    fn add_source<S>(
        &mut self,
        sink: &mut S,
        plan: &ImagePlan,
        image: &Resolved,
        source: &Source,
        surroundings: Surroundings<'_>,
        sealing: Sealing,
    ) -> Result<(), RecipeError<S::Error>>
    where
        S: Sink,
        S::Error: std::error::Error + 'static,
    {
        let handle = self.add_archive(sink, plan, image, "source", source.archive())?;
        // The user's home.
        let users = self.generated.get("users").into_iter().flatten();
        let inputs = users.clone().map(Handle::contents_input).chain([handle.out_input()]).collect();
        let above = users.filter_map(contents).collect();
        let step = sources::source_step(image, source, &handle, surroundings.files, sealing, above);
        let name = step.name.clone();
        self.add_layer(sink, &name, Step::Source(step), inputs)?;
        Ok(())
    }
}

impl Stack {
    fn add_wheel<S>(
        &mut self,
        sink: &mut S,
        plan: &ImagePlan,
        image: &Resolved,
        wheel: &Wheel,
        compiler: &Compiler,
        sealing: Sealing,
    ) -> Result<(), RecipeError<S::Error>>
    where
        S: Sink,
        S::Error: std::error::Error + 'static,
    {
        let handle = self.add_archive(sink, plan, image, "wheel", wheel.archive())?;
        // What scripts make of the folders below /usr/local, and what a definition places there.
        let above = ["configuration", "files"].iter().filter_map(|kind| self.generated.get(kind)).flatten();
        let over: Vec<&Handle> = self.packages.iter().chain(above).collect();
        let laid_over = over.iter().filter_map(|handle| contents(handle)).collect();
        let mut inputs: Vec<Input> = over.iter().map(|handle| handle.contents_input()).collect();
        inputs.extend(compiler.inputs.iter().cloned().chain([handle.out_input()]));
        let step = wheels::wheel_step(image, wheel, &handle, &compiler.interpreter, sealing, laid_over);
        let name = step.name.clone();
        self.add_layer(sink, &name, Step::Wheel(step), each_once(inputs))?;
        Ok(())
    }

    /// Adds the fetch of an archive beside the packages'.
    fn add_archive<S>(
        &mut self,
        sink: &mut S,
        plan: &ImagePlan,
        image: &Resolved,
        kind: &str,
        archive: Archive<'_>,
    ) -> Result<Handle, RecipeError<S::Error>>
    where
        S: Sink,
        S::Error: std::error::Error + 'static,
    {
        let nar_sha256 = sources::locked(plan, image, archive)?.fetch.nar_sha256;
        let step = sources::fetch_step(archive);
        let handle = sink.add(Job {
            name: format!("{kind}-{}", archive.name),
            step: Step::Fetch(step.clone()),
            inputs: Vec::new(),
            sources: Vec::new(),
            fixed: Some(nar_sha256),
        })?;
        self.fetches.push(Fetch { handle: handle.clone(), step, nar_sha256 });
        Ok(handle)
    }
}

/// Where a layer's list of contents will lie.
fn contents(handle: &Handle) -> Option<String> {
    handle.contents.as_ref().map(ToString::to_string)
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
pub(crate) fn fetch_inputs<'a>(packages: &Packages<'_>, names: impl Iterator<Item = &'a PackageName>) -> Vec<Input> {
    each_once(names.filter_map(|name| packages.fetch_of(name)).map(Handle::out_input).collect())
}

/// Inputs in a fixed order, each once.
fn each_once(mut inputs: Vec<Input>) -> Vec<Input> {
    inputs.sort_by(|a, b| (&a.derivation, a.output.as_str()).cmp(&(&b.derivation, b.output.as_str())));
    inputs.dedup();
    inputs
}

fn check_sources<E: std::error::Error + 'static>(
    image: &Resolved,
    files: &BTreeMap<String, String>,
) -> Result<(), RecipeError<E>> {
    let missing = |path: &str, name: &str| RecipeError::NoSource {
        image: image.name.clone(),
        path: path.to_owned(),
        source_name: name.to_owned(),
    };
    for (entry, kind) in &image.files {
        if let FileKind::Source(name) | FileKind::Patch { patch: name, .. } = kind
            && !files.contains_key(name)
        {
            return Err(missing(&entry.path, name));
        }
    }
    for source in &image.sources {
        if let Some(patch) = source.patches.iter().find(|patch| !files.contains_key(*patch)) {
            return Err(missing(&source.path, patch));
        }
    }
    Ok(())
}
