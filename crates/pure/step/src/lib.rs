//! What one derivation does, as its builder reads it.
//!
//! A [`Step`] is data alone: `sage-oci-recipe` decides which steps an image has, `sage-oci-steps` does them. It stands by
//! itself so that the builder is compiled from the steps and what does them, and not from what decides.

mod closure;
mod compiled;
mod parts;
mod resources;
mod sealing;
mod steps;

pub use closure::{
    AddedUser, BaseContents, ClosureImage, ClosureImageStep, ClosureLayerStep, ClosureMember, ClosurePath, ClosureStep,
    ClosureStepError, ClosureSteps, ClosureTopStep, Nothing, OciConfig, Owner, Permission, RootFiles, split,
};
pub use compiled::{CheckoutStep, OverlayFile, OverlayStep, RootStep, RunCommand, RunStep};
pub use parts::{Interpreter, LayerPackage};
pub use resources::Resources;
pub use sealing::Sealing;
pub use steps::{
    Above, BytecodePackage, BytecodeStep, FetchFile, FetchStep, GenerateKind, GenerateStep, ImageStep, IndexStep, LOCK,
    LayerStep, LinksStep, PlacedContent, PlacedFile, RuntimeConfig, SourcePatch, SourceStep, Step, WheelStep,
};
