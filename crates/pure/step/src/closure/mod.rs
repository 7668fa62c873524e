//! Images of Nix closures: what is asked for, and the steps that make it.

mod image;
mod split;
mod steps;

pub use image::{AddedUser, ClosureImage, Nothing, OciConfig, Owner, Permission, RootFiles};
pub use split::{BaseContents, ClosureStepError, ClosureSteps, split};
pub use steps::{ClosureImageStep, ClosureLayerStep, ClosureMember, ClosurePath, ClosureStep, ClosureTopStep};
