use crate::{Observer, ProduceError};
use sage_oci_emit::Emitter;
use sage_oci_names::{Architecture, StorePath};
use sage_oci_recipe::{BaseContents, ClosureGraph, ClosureImage, ClosureMember, closure_image};
use sage_oci_steps::read_base;
use sage_oci_store::{Nix, Target, ValidPath};

/// All derivations of a closure image, with every path known.
#[derive(Debug)]
pub struct ClosurePlan {
    emitter: Emitter,
    graph: ClosureGraph,
}

impl ClosurePlan {
    /// Asks Nix for the closure of `contents` and what the image copies, plans it and computes the derivations: one a
    /// layer, so that what changes a path makes one layer again.
    ///
    /// `tool` is this program in the store, `machine` the architecture that builds. A base image is read now.
    ///
    /// # Errors
    /// A path is not valid, the base image cannot be read, or the closure cannot be planned.
    pub fn make(
        nix: &Nix,
        image: &ClosureImage,
        contents: &[StorePath],
        machine: Architecture,
        tool: StorePath,
    ) -> Result<Self, ProduceError> {
        let mut wanted: Vec<StorePath> = contents.iter().chain(&image.copy_to_root).cloned().collect();
        wanted.sort();
        wanted.dedup();
        let members: Vec<ClosureMember> = nix.closure(&wanted)?.into_iter().map(member).collect();
        let base = match &image.from_image {
            Some(path) => {
                // Not only readable: the builders get it as an input.
                nix.closure(std::slice::from_ref(path))?;
                read_base(&nix.real_path(path), image.architecture)?.contents
            }
            None => BaseContents::default(),
        };
        let mut emitter = Emitter::new(tool, machine);
        let graph = closure_image(&mut emitter, image, &wanted, &members, &base)?;
        Ok(Self { emitter, graph })
    }

    /// Where the OCI layout is, or will be.
    pub fn image(&self) -> &StorePath {
        &self.graph.image.out
    }

    /// The steps.
    pub fn graph(&self) -> &ClosureGraph {
        &self.graph
    }

    /// Makes the image be there; returns at once when it is. The answer tells whether anything was done.
    ///
    /// # Errors
    /// A build failed; what was finished before stays in the store.
    pub fn realise(&self, nix: &Nix, observer: &mut dyn Observer) -> Result<bool, ProduceError> {
        if nix.is_valid(std::slice::from_ref(self.image()))? == [true] {
            return Ok(false);
        }
        nix.register(self.emitter.derivations().iter())?;
        let target = Target { derivation: self.graph.image.derivation.clone(), output: None };
        nix.realise(&[target], &mut |event| observer.building(event))?;
        Ok(true)
    }
}

fn member(known: ValidPath) -> ClosureMember {
    let ValidPath { path, nar_sha256, nar_size, references } = known;
    ClosureMember { path, nar_sha256, nar_size, references }
}
