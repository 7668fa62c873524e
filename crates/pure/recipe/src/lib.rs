//! Build steps and their graph, from a lock and a definition: what an image is made of is decided here and nowhere else.
//!
//! A [`Step`] is what one derivation's builder reads (as JSON, from the file that `spec` names). [`image`] walks a lock
//! and adds every step of an image, inputs first, to a [`Graph`], which depends on the lock and the definition alone.
//! `sage-oci-emit` turns a graph into derivations, and writes it down for Nix, which makes the same ones of it.

mod accounts;
mod closure;
mod commit;
mod definition;
mod error;
mod generated;
mod graph;
mod image;
mod interpreter;
mod join;
mod labels;
mod made;
mod overlay;
mod packages;
mod replace;
mod route;
mod sources;
mod stack;
mod surroundings;
mod toolchain;
mod tools;
mod view;
mod wheels;

pub use closure::{ClosureGraph, closure_image};
pub use commit::{Checkout, Commit};
pub use definition::definition;
pub use error::RecipeError;
pub use graph::{Graph, Job, Node, Output, OutputName};
pub use image::image;
pub use join::index;
pub use labels::{CHANNEL, DEFINITION, FLAKE, INDEX, LOCK_FORMAT, TITLE, indexes};
pub use made::{Fetch, ImageGraph, LayerNode};
pub use overlay::{BUILD, NOT_FOUND_LOG, PLACE, configure};
pub use sage_oci_step::*;
pub use surroundings::{Change, Surroundings};
pub use toolchain::{Toolchain, Tools, toolchain};
pub use tools::compilers;
