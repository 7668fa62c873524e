//! Images of Nix closures: their graph.

mod graph;

pub use graph::{ClosureGraph, closure_image};
