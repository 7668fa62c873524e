//! Build steps for Nix: as derivations, straight from Rust, without an evaluator and without nixpkgs; and written down, for
//! the Nix language to make the same derivations of.
//!
//! [`Emitted`] has the derivations of a graph. A step's JSON goes into the variable `spec`, which Nix hands to the builder as
//! a file (`passAsFile`), since a variable of a process holds at most 128 KiB.
//!
//! [`Recipe`] is the same graph as a document that is committed: `nix/steps.nix` makes derivations of it and decides nothing.
//! Both give the same `.drv` paths. So the JSON of a step has the form that `builtins.toJSON` writes: keys sorted, no white
//! space.

mod derivations;
mod dot;
mod fill;
mod layout;
mod recipe;
mod record;
mod share;

pub use derivations::{BUILDER, Emitted, Handle, PROGRAM};
pub use dot::dot;
pub use recipe::{FORMAT, ForMachine, ImageOf, Images, MadeFrom, Recipe, RecipeFileError, made_from};
pub use sage_oci_derivation::DerivationError;
