use crate::accounts::Accounts;
use crate::generated::{Generated, Generation};
use crate::interpreter::interpreter;
use crate::packages::Packages;
use crate::surroundings::Surroundings;
use crate::view::plan;
use crate::{Above, Fetch, Graph, Interpreter, Job, LayerNode, Node, RecipeError, Sealing, Step, sources, wheels};
use sage_oci_definition::{Archive, FileKind, Resolved};
use sage_oci_lock::{ImagePlan, Lock};
use sage_oci_names::{ImageName, LayerName};
use std::collections::BTreeMap;

/// The layers of an image in a graph.
#[derive(Default, Clone)]
pub(crate) struct Stack {
    /// The fixed-output fetches, bottom layer first.
    pub(crate) fetches: Vec<Fetch>,
    /// All layers, bottom first.
    pub(crate) layers: Vec<LayerNode>,
    /// The package layers among them.
    packages: Vec<Node>,
    /// The fetch of each package layer.
    fetch_of: BTreeMap<LayerName, Node>,
    /// The generated layers by kind, the upper ones last.
    generated: BTreeMap<&'static str, Vec<Node>>,
    /// The Python that compiles byte-code, where any is.
    pub(crate) python: Option<Interpreter>,
}

impl Stack {
    /// Adds the steps of an image's layers; those of the image `below`, which it extends, are there already.
    pub(crate) fn add(
        graph: &mut Graph,
        lock: &Lock,
        image: &Resolved,
        below: Option<(&Self, &Lock, &ImageName)>,
        surroundings: Surroundings<'_>,
    ) -> Result<Self, RecipeError> {
        let plan = plan(lock, image)?;
        check_sources(image, surroundings.files)?;
        let sealing = Sealing { epoch: lock.epoch, compression: image.compression };
        let accounts = Accounts::new(&lock.effects, &image.user, &image.version_of);
        let mut stack = below.map(|(stack, ..)| stack.clone()).unwrap_or_default();
        let mut packages = Packages::new(lock, &image.name, std::mem::take(&mut stack.fetch_of));
        stack.add_fetches(graph, lock, plan, image, &mut packages)?;
        for (position, name) in plan.layers.iter().enumerate() {
            let lowest = position == 0 && below.is_none();
            let step = packages.layer_step(name, lowest, image, &accounts, sealing)?;
            let node = stack.add_layer(graph, name.clone(), Step::Layer(step));
            stack.packages.push(node);
        }
        packages.check_bytecode(&plan.layers, &plan.bytecode.values().flatten().collect::<Vec<_>>())?;
        let compiler = match plan.bytecode.is_empty() && image.wheels.is_empty() {
            true => None,
            false => Some(stack.add_interpreter(graph, lock, &packages, image, surroundings)?),
        };
        if let Some(compiler) = &compiler {
            for (name, of) in &plan.bytecode {
                if let Some(step) = packages.bytecode_step(name, of, compiler, image, sealing)? {
                    stack.add_layer(graph, name.clone(), Step::Bytecode(step));
                }
            }
        }
        let generated = Generated {
            lock,
            base: below.map(|(_, lock, name)| (name, lock)),
            image,
            packages: &packages,
            accounts: &accounts,
            sources: surroundings.sources,
            files: surroundings.files,
            sealing,
            contents: contents(&stack.packages),
        };
        for generation in generated.all()? {
            stack.add_generated(graph, generation, below.map(|(stack, ..)| stack));
        }
        if let Some(compiler) = &compiler {
            stack.add_wheels(graph, plan, image, compiler, sealing)?;
        }
        stack.add_sources(graph, plan, image, surroundings, sealing)?;
        stack.fetch_of = packages.fetches;
        stack.python = compiler.or(stack.python);
        Ok(stack)
    }

    fn add_layer(&mut self, graph: &mut Graph, name: LayerName, step: Step) -> Node {
        let node = graph.add(Job::new(format!("layer-{name}"), step));
        self.layers.push(LayerNode { name, node: node.clone() });
        node
    }

    fn add_fetches(
        &mut self,
        graph: &mut Graph,
        lock: &Lock,
        plan: &ImagePlan,
        image: &Resolved,
        packages: &mut Packages<'_>,
    ) -> Result<(), RecipeError> {
        for name in &plan.layers {
            let layer = lock.layers.iter().find(|layer| layer.name == *name);
            let no_layer = || RecipeError::NoSuchLayer { image: image.name.clone(), layer: name.clone() };
            let nar_sha256 = layer.ok_or_else(no_layer)?.fetch.nar_sha256;
            let fetch = Fetch::add(graph, format!("debs-{name}"), packages.fetch_step(name), nar_sha256);
            packages.fetches.insert(name.clone(), fetch.node.clone());
            self.fetches.push(fetch);
        }
        Ok(())
    }

    /// The Python that compiles, with its fetch.
    fn add_interpreter(
        &mut self,
        graph: &mut Graph,
        lock: &Lock,
        packages: &Packages<'_>,
        image: &Resolved,
        surroundings: Surroundings<'_>,
    ) -> Result<Interpreter, RecipeError> {
        let (interpreter, fetch) = interpreter(graph, lock, packages, &image.name, surroundings.machine)?;
        // The image below has fetched the same one.
        let is_new = |fetch: &Fetch| !self.fetches.iter().any(|known| known.node == fetch.node);
        self.fetches.extend(fetch.filter(is_new));
        Ok(interpreter)
    }

    fn add_generated(&mut self, graph: &mut Graph, generation: Generation, below: Option<&Self>) {
        let Generation { mut step, kind, after } = generation;
        step.contents.extend(after.map(|kind| self.contents_of(&[kind])).unwrap_or_default());
        if let Some(below) = below {
            // Files that definitions place add up; every other kind is made anew for the whole image.
            let same = below.generated.get(kind).filter(|_| kind != "files");
            let replaces = same.and_then(|all| all.last()).and_then(Node::contents).map(ToString::to_string);
            let all: Vec<Node> = below.layers.iter().map(|layer| layer.node.clone()).collect();
            step.above = Some(Above { contents: contents(&all), replaces });
        }
        let node = self.add_layer(graph, step.name.clone(), Step::Generate(step));
        self.generated.entry(kind).or_default().push(node);
    }

    fn add_wheels(
        &mut self,
        graph: &mut Graph,
        plan: &ImagePlan,
        image: &Resolved,
        interpreter: &Interpreter,
        sealing: Sealing,
    ) -> Result<(), RecipeError> {
        for wheel in &image.wheels {
            let fetch = self.add_archive(graph, plan, image, "wheel", wheel.archive())?;
            // Beside packages: what scripts make of the folders below /usr/local, and what a definition places there.
            let mut laid_over = contents(&self.packages);
            laid_over.extend(self.contents_of(&["configuration", "files"]));
            let step = wheels::wheel_step(image, wheel, &fetch, interpreter, sealing, laid_over);
            self.add_layer(graph, step.name.clone(), Step::Wheel(step));
        }
        Ok(())
    }

    fn add_sources(
        &mut self,
        graph: &mut Graph,
        plan: &ImagePlan,
        image: &Resolved,
        surroundings: Surroundings<'_>,
        sealing: Sealing,
    ) -> Result<(), RecipeError> {
        for source in &image.sources {
            let fetch = self.add_archive(graph, plan, image, "source", source.archive())?;
            // The user's home may be above the tree.
            let above = self.contents_of(&["users"]);
            let step = sources::source_step(image, source, &fetch, surroundings.files, sealing, above);
            self.add_layer(graph, step.name.clone(), Step::Source(step));
        }
        Ok(())
    }

    /// Adds the fetch of an archive beside the packages'.
    fn add_archive(
        &mut self,
        graph: &mut Graph,
        plan: &ImagePlan,
        image: &Resolved,
        kind: &str,
        archive: Archive<'_>,
    ) -> Result<Node, RecipeError> {
        let nar_sha256 = sources::locked(plan, image, archive)?.fetch.nar_sha256;
        let fetch = Fetch::add(graph, format!("{kind}-{}", archive.name), sources::fetch_step(archive), nar_sha256);
        let node = fetch.node.clone();
        self.fetches.push(fetch);
        Ok(node)
    }

    /// The lists of contents of the generated layers of some kinds, the upper ones last.
    pub(crate) fn contents_of(&self, kinds: &[&str]) -> Vec<String> {
        let nodes = kinds.iter().filter_map(|kind| self.generated.get(kind)).flatten();
        contents(nodes)
    }
}

/// Where layers' lists of contents will lie; every layer has one.
pub(crate) fn contents<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> Vec<String> {
    nodes.into_iter().filter_map(Node::contents).map(ToString::to_string).collect()
}

fn check_sources(image: &Resolved, files: &BTreeMap<String, String>) -> Result<(), RecipeError> {
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
