use crate::realise::realise;
use crate::{Downloads, Observer, ProduceError};
use sage_oci_definition::Resolved;
use sage_oci_derivation::Derivations;
use sage_oci_emit::{Emitted, Handle};
use sage_oci_lock::LockFile;
use sage_oci_names::{Architecture, LayerName, StorePath};
use sage_oci_recipe::{Change, Commit, Fetch, Graph, ImageGraph, LayerNode, Surroundings, Tools, toolchain};
use sage_oci_store::{Missing, Nix, Target};
use std::collections::BTreeMap;

/// What an image is made of.
#[derive(Debug)]
pub struct Request<'a> {
    /// The lock.
    pub lock: &'a LockFile,
    /// The definition, resolved for the lock's channel.
    pub image: &'a Resolved,
    /// apt's sources in the image.
    pub sources: &'a str,
    /// Contents of the definition's source files, by name.
    pub files: &'a BTreeMap<String, String>,
    /// The architecture of the machine that builds.
    pub machine: Architecture,
    /// The builder of every derivation, in the store.
    pub builder: StorePath,
    /// The commit that the image is of, where it is not the packaged release.
    pub commit: Option<OfCommit<'a>>,
}

/// A commit that an image is of.
#[derive(Debug, Clone, Copy)]
pub struct OfCommit<'a> {
    /// The commit.
    pub commit: &'a Commit,
    /// What compiles it.
    pub tools: Tools<'a>,
}

fn add(graph: &mut Graph, request: &Request<'_>) -> Result<ImageGraph, ProduceError> {
    let Request { lock, image, sources, files, machine, commit, .. } = *request;
    let compiled = commit.filter(|of| !of.commit.rebuild.modules.is_empty()).zip(image.upstream.as_ref());
    let toolchain = match compiled {
        Some((of, upstream)) => Some(toolchain(graph, lock, of.tools, upstream)?),
        None => None,
    };
    let commit =
        commit.map(|of| Change { commit: of.commit, toolchain: toolchain.as_ref(), compilers: of.tools.image });
    Ok(sage_oci_recipe::image(graph, lock, image, Surroundings { machine, sources, files, commit })?)
}

/// All derivations of an image, with every path known.
#[derive(Debug)]
pub struct Plan {
    emitted: Emitted,
    image: ImageGraph,
}

impl Plan {
    /// Computes the derivations; nothing is written.
    ///
    /// # Errors
    /// The lock and the definition do not fit together.
    pub fn make(request: Request<'_>) -> Result<Self, ProduceError> {
        let mut graph = Graph::default();
        let image = add(&mut graph, &request)?;
        Ok(Self { emitted: Emitted::new(&graph, &request.builder, request.machine)?, image })
    }

    /// Computes the derivations of one image for several architectures, and of the index over them; nothing is written.
    ///
    /// All requests are for one machine and builder, the first one's. Of two for one architecture the last counts.
    ///
    /// # Errors
    /// As [`Plan::make`].
    pub fn index(first: Request<'_>, others: Vec<Request<'_>>) -> Result<Self, ProduceError> {
        let mut graph = Graph::default();
        let (name, builder, machine) = (first.image.name.clone(), first.builder.clone(), first.machine);
        let mut images = BTreeMap::new();
        for request in std::iter::once(first).chain(others) {
            images.insert(request.lock.architecture, add(&mut graph, &request)?);
        }
        let image = sage_oci_recipe::index(&mut graph, &name, images);
        Ok(Self { emitted: Emitted::new(&graph, &builder, machine)?, image })
    }

    /// The image's derivation.
    pub fn derivation(&self) -> &StorePath {
        &self.handle().derivation
    }

    /// All derivations, inputs before what uses them.
    pub fn derivations(&self) -> &Derivations {
        self.emitted.derivations()
    }

    /// Where the OCI layout is, or will be.
    pub fn image(&self) -> &StorePath {
        &self.handle().out
    }

    fn handle(&self) -> &Handle {
        self.emitted.handle(&self.image.image)
    }

    /// All layers, bottom first, with the derivations that make them.
    pub fn layers(&self) -> Vec<Layer<'_>> {
        let layer = |layer| Layer::new(&self.emitted, layer);
        self.image.layers.iter().map(layer).collect()
    }

    /// The archives that steps read, and where they will lie in the store.
    pub fn fetches(&self) -> impl Iterator<Item = (&Fetch, &StorePath)> {
        self.image.fetches.iter().map(|fetch| (fetch, &self.emitted.handle(&fetch.node).out))
    }

    /// Puts the derivations into the store.
    ///
    /// # Errors
    /// Nix's.
    pub fn register(&self, nix: &Nix) -> Result<(), ProduceError> {
        Ok(nix.register(self.emitted.derivations().iter())?)
    }

    /// Makes the image be there; returns at once when it is. The answer tells whether anything was done.
    ///
    /// # Errors
    /// A download or a build failed; what was finished before stays in the store.
    pub fn realise(&self, nix: &Nix, downloads: &Downloads, observer: &mut dyn Observer) -> Result<bool, ProduceError> {
        if nix.is_valid(std::slice::from_ref(self.image()))? == [true] {
            return Ok(false);
        }
        self.build(nix, &[self.target()], downloads, observer)?;
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
        downloads: &Downloads,
        observer: &mut dyn Observer,
    ) -> Result<(), ProduceError> {
        let layers = self.layers();
        let contents: Vec<StorePath> = layers.iter().filter_map(|layer| layer.handle.contents.clone()).collect();
        if nix.is_valid(&contents)?.into_iter().all(|valid| valid) {
            return Ok(());
        }
        let target = |layer: &Layer<'_>| Target { derivation: layer.handle.derivation.clone(), output: None };
        let targets: Vec<Target> = layers.iter().map(target).collect();
        self.build(nix, &targets, downloads, observer)
    }

    fn build(
        &self,
        nix: &Nix,
        targets: &[Target],
        downloads: &Downloads,
        observer: &mut dyn Observer,
    ) -> Result<(), ProduceError> {
        realise(nix, &self.emitted, &self.image.fetches, targets, downloads, observer)
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
}

/// A layer and the derivation that makes it.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'p> {
    /// Its name.
    pub name: &'p LayerName,
    /// The derivation and its outputs.
    pub handle: &'p Handle,
}

impl<'p> Layer<'p> {
    pub(crate) fn new(emitted: &'p Emitted, layer: &'p LayerNode) -> Self {
        Self { name: &layer.name, handle: emitted.handle(&layer.node) }
    }
}
