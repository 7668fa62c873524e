//! Images of Nix closures: what is asked for, the steps that make it, and their derivations.

mod graph;
mod image;
mod split;
mod steps;

pub use graph::{ClosureGraph, closure_image};
pub use image::{AddedUser, ClosureImage, Nothing, OciConfig, Owner, Permission, RootFiles};
pub use split::{BaseContents, ClosureStepError, ClosureSteps, split};
pub use steps::{ClosureImageStep, ClosureLayerStep, ClosureMember, ClosurePath, ClosureStep, ClosureTopStep};
