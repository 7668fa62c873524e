//! Build steps and their graph, from a lock and a definition.
//!
//! A [`Step`] is what one derivation's builder reads (as JSON, from the file that `spec` names). [`image`] walks a lock
//! and hands every step of an image, inputs first, to a [`Sink`], which says where each step's outputs will lie. The
//! sink that makes derivations is in `sage-oci-emit`; the graph itself depends on the lock and the definition alone.
//!
//! `nix/recipe.nix` and the files below `nix/recipe` make the same decisions in the Nix language, for the flake, under the
//! names that the files here have. Who changes one changes the other; `tests/flake` compares the derivations.

mod accounts;
mod closure;
mod generated;
mod graph;
mod interpreter;
mod join;
mod labels;
mod packages;
mod resources;
mod sink;
mod sources;
mod stack;
mod steps;
mod wheels;

pub use closure::{
    AddedUser, BaseContents, ClosureGraph, ClosureImage, ClosureImageStep, ClosureLayerStep, ClosureMember,
    ClosurePath, ClosureStep, ClosureStepError, ClosureSteps, ClosureTopStep, Nothing, OciConfig, Owner, Permission,
    RootFiles, closure_image, split,
};
pub use graph::{Fetch, ImageGraph, LayerHandle, RecipeError, Surroundings, image};
pub use join::index;
pub use resources::Resources;
pub use sink::{Handle, Input, Job, OutputName, Sink};
pub use steps::{
    Above, BytecodePackage, BytecodeStep, FetchFile, FetchStep, GenerateKind, GenerateStep, ImageStep, IndexStep,
    Interpreter, LayerPackage, LayerStep, LinksStep, PlacedContent, PlacedFile, RuntimeConfig, Sealing, SourcePatch,
    SourceStep, Step, WheelStep,
};
