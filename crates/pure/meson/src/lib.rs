//! What meson makes of a source tree: how each Python extension module is compiled, and what is installed where.
//!
//! `meson setup` writes `build.ninja`, a log, and, for other programs, `meson-info/intro-install_plan.json`. They are read here as texts;
//! nothing is run. The tree and the build folder lie at fixed paths ([`Places`]), so that two trees have the same command for a module
//! exactly when it is compiled in the same way.

mod cross;
mod description;
mod edge;
mod error;
mod install;
mod module;
mod ninja;
mod places;
mod words;

pub use cross::Cross;
pub use description::{Description, NOT_FOUND, Written};
pub use edge::Edge;
pub use error::MesonError;
pub use install::{InstallPlan, Installed};
pub use module::{Command, Depfile, Made, Module};
pub use ninja::Ninja;
pub use places::Places;
