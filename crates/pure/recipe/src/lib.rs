//! Build steps and their graph, from a lock and a definition.
//!
//! A [`Step`] is what one derivation's builder reads (as JSON, from the file that `spec` names); a [`Graph`] is all
//! steps of an image with the derivations they depend on. Both front ends, the Rust emitter and the flake, give the same JSON.

mod steps;

pub use steps::{
    BytecodePackage, BytecodeStep, FetchFile, FetchStep, GenerateKind, GenerateStep, ImageStep, Interpreter, LayerPackage,
    LayerStep, PlacedContent, PlacedFile, RuntimeConfig, Sealing, Step,
};
