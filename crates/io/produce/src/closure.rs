use crate::{Observer, ProduceError};
use sage_oci_emit::{Emitted, Handle};
use sage_oci_names::{Architecture, StorePath};
use sage_oci_recipe::{BaseContents, ClosureGraph, ClosureImage, ClosureMember, Graph, closure_image};
use sage_oci_steps::read_base;
use sage_oci_store::{Nix, Target, ValidPath};

/// All derivations of a closure image, with every path known.
#[derive(Debug)]
pub struct ClosurePlan {
    emitted: Emitted,
    image: ClosureGraph,
}

impl ClosurePlan {
    /// Asks Nix for the closure of `contents` and what the image copies, plans it and computes the derivations: one a
    /// layer, so that what changes a path makes one layer again.
    ///
    /// `builder` is the store path of the builder, `machine` the architecture that builds. A base image is read now.
    ///
    /// # Errors
    /// A path is not valid, the base image cannot be read, or the closure cannot be planned.
    pub fn make(
        nix: &Nix,
        image: &ClosureImage,
        contents: &[StorePath],
        machine: Architecture,
        builder: StorePath,
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
        let mut graph = Graph::default();
        let image = closure_image(&mut graph, image, &wanted, &members, &base)?;
        Ok(Self { emitted: Emitted::new(&graph, &builder, machine)?, image })
    }

    /// Where the OCI layout is, or will be.
    pub fn image(&self) -> &StorePath {
        &self.handle().out
    }

    /// How many layers it has.
    pub fn layers(&self) -> usize {
        self.image.layers.len()
    }

    fn handle(&self) -> &Handle {
        self.emitted.handle(&self.image.image)
    }

    /// Makes the image be there; returns at once when it is. The answer tells whether anything was done.
    ///
    /// # Errors
    /// A build failed; what was finished before stays in the store.
    pub fn realise(&self, nix: &Nix, observer: &mut dyn Observer) -> Result<bool, ProduceError> {
        if nix.is_valid(std::slice::from_ref(self.image()))? == [true] {
            return Ok(false);
        }
        nix.register(self.emitted.derivations().iter())?;
        let target = Target { derivation: self.handle().derivation.clone(), output: None };
        nix.realise(&[target], &mut |event| observer.building(event))?;
        Ok(true)
    }
}

fn member(known: ValidPath) -> ClosureMember {
    let ValidPath { path, nar_sha256, nar_size, references } = known;
    ClosureMember { path, nar_sha256, nar_size, references }
}
