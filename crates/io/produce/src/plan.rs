use crate::{ProduceError, archives};
use sage_oci_definition::Resolved;
use sage_oci_derivation::Derivations;
use sage_oci_emit::Emitter;
use sage_oci_fetch::{Options, Progress, Summary};
use sage_oci_lock::Lock;
use sage_oci_names::{Architecture, StorePath};
use sage_oci_recipe::{Fetch, ImageGraph, RecipeError, Surroundings};
use sage_oci_store::{Event, Missing, Nix, Target};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// What an image is made of.
#[derive(Debug)]
pub struct Request<'a> {
    /// The lock.
    pub lock: &'a Lock,
    /// The definition, resolved for the lock's channel.
    pub image: &'a Resolved,
    /// apt's sources in the image.
    pub sources: &'a str,
    /// Contents of the definition's source files, by name.
    pub files: &'a BTreeMap<String, String>,
    /// The architecture of the machine that builds.
    pub machine: Architecture,
    /// The tool in the store: the builder of every derivation.
    pub tool: StorePath,
}

/// Who wants to know how far it is.
pub trait Observer {
    /// Told about every downloaded byte.
    fn fetching(&self) -> &dyn Progress;
    /// The archives are there; those of so many layers are added to the store.
    fn adding(&mut self, fetched: Summary, layers: usize);
    /// What Nix does; [`ControlFlow::Break`] stops it.
    fn building(&mut self, event: Event) -> ControlFlow<()>;
}

fn graph(emitter: &mut Emitter, request: &Request<'_>) -> Result<ImageGraph, ProduceError> {
    let Request { lock, image, sources, files, machine, .. } = *request;
    Ok(sage_oci_recipe::image(emitter, lock, image, Surroundings { machine, sources, files })?)
}

/// All derivations of an image, with every path known.
#[derive(Debug)]
pub struct Plan {
    emitter: Emitter,
    graph: ImageGraph,
}

impl Plan {
    /// Computes the derivations; nothing is written.
    ///
    /// # Errors
    /// The lock and the definition do not fit together.
    pub fn make(request: Request<'_>) -> Result<Self, ProduceError> {
        let mut emitter = Emitter::new(request.tool.clone(), request.machine);
        let graph = graph(&mut emitter, &request)?;
        Ok(Self { emitter, graph })
    }

    /// Computes the derivations of one image for several architectures, and of the index over them; nothing is written.
    ///
    /// All requests are for one machine and tool, the first one's. Of two for one architecture the last counts.
    ///
    /// # Errors
    /// As [`Plan::make`].
    pub fn index(first: Request<'_>, others: Vec<Request<'_>>) -> Result<Self, ProduceError> {
        let mut emitter = Emitter::new(first.tool.clone(), first.machine);
        let name = first.image.name.clone();
        let mut graphs = BTreeMap::new();
        for request in std::iter::once(first).chain(others) {
            graphs.insert(request.lock.architecture, graph(&mut emitter, &request)?);
        }
        let graph = sage_oci_recipe::index(&mut emitter, &name, graphs).map_err(RecipeError::from)?;
        Ok(Self { emitter, graph })
    }

    /// The image's derivation.
    pub fn derivation(&self) -> &StorePath {
        &self.graph.image.derivation
    }

    /// All derivations, inputs before what uses them.
    pub fn derivations(&self) -> &Derivations {
        self.emitter.derivations()
    }

    /// Where the OCI layout is, or will be.
    pub fn image(&self) -> &StorePath {
        &self.graph.image.out
    }

    /// The steps.
    pub fn graph(&self) -> &ImageGraph {
        &self.graph
    }

    /// Puts the derivations into the store.
    ///
    /// # Errors
    /// Nix's.
    pub fn register(&self, nix: &Nix) -> Result<(), ProduceError> {
        Ok(nix.register(self.emitter.derivations().iter())?)
    }

    /// Makes the image be there; returns at once when it is. The answer tells whether anything was done.
    ///
    /// # Errors
    /// A download or a build failed; what was finished before stays in the store.
    pub fn realise(&self, nix: &Nix, options: &Options, observer: &mut dyn Observer) -> Result<bool, ProduceError> {
        if nix.is_valid(std::slice::from_ref(self.image()))? == [true] {
            return Ok(false);
        }
        self.build(nix, &[self.target()], options, observer)?;
        Ok(true)
    }

    /// Makes every layer's list of contents be there: the image itself does not need them, so the garbage collector may have
    /// taken them.
    ///
    /// # Errors
    /// As [`Plan::realise`].
    pub fn realise_contents(
        &self,
        nix: &Nix,
        options: &Options,
        observer: &mut dyn Observer,
    ) -> Result<(), ProduceError> {
        let handles = || self.graph.layers.iter().map(|layer| &layer.handle);
        let contents: Vec<StorePath> = handles().filter_map(|handle| handle.contents.clone()).collect();
        if nix.is_valid(&contents)?.into_iter().all(|valid| valid) {
            return Ok(());
        }
        let target = |derivation: &StorePath| Target { derivation: derivation.clone(), output: None };
        let targets: Vec<Target> = handles().map(|handle| target(&handle.derivation)).collect();
        self.build(nix, &targets, options, observer)
    }

    fn build(
        &self,
        nix: &Nix,
        targets: &[Target],
        options: &Options,
        observer: &mut dyn Observer,
    ) -> Result<(), ProduceError> {
        self.register(nix)?;
        let fetches = self.missing_fetches(nix, targets)?;
        archives::bring(nix, &fetches, options, observer)?;
        nix.realise(targets, &mut |event| observer.building(event))?;
        Ok(())
    }

    /// What realising would build, and what it would get from binary caches; the derivations are registered.
    ///
    /// # Errors
    /// Nix's.
    pub fn missing(&self, nix: &Nix) -> Result<Missing, ProduceError> {
        self.register(nix)?;
        Ok(nix.missing(&[self.target()])?)
    }

    fn target(&self) -> Target {
        Target { derivation: self.derivation().clone(), output: None }
    }

    /// The fetches that Nix would run: what it needs of them is neither in the store nor in a cache that it asks.
    fn missing_fetches(&self, nix: &Nix, targets: &[Target]) -> Result<Vec<&Fetch>, ProduceError> {
        let missing = nix.missing(targets)?;
        Ok(self.graph.fetches.iter().filter(|fetch| missing.build.contains(&fetch.handle.derivation)).collect())
    }
}
