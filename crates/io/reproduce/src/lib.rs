//! Builds the steps of an image a second time, without Nix, in a folder of its own, and compares.
//!
//! A [`Bench`] has a copy of the builder and the archives; [`Bench::build`] runs the derivations that are wanted and all that they
//! need, under [`Conditions`]. Where a step's text names a path of the store, it gets the path of what was built here: nothing of
//! the first build is read. What the conditions are made of, and what this machine does not allow, [`Conditions::of`] says.
//! [`verify`] does all of it for an image and puts the verdicts together.

mod asked;
mod bench;
mod conditions;
mod emulated;
mod emulator;
mod error;
mod layers;
mod order;
mod rebuilt;
mod request;
mod start;
mod verify;

pub use bench::{Bench, Built};
pub use conditions::{Conditions, Here};
pub use error::ReproduceError;
pub use order::archives;
pub use request::{Request, Watch};
pub use start::Ran;
pub use verify::verify;
