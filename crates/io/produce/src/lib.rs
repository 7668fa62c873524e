//! From a lock to store paths: derivations are made, archives fetched, outputs realised.
//!
//! [`Plan::make`] computes every path without touching the store's contents; [`Plan::register`] puts the derivations
//! there; [`Plan::realise`] fetches what is needed on many connections at once, hands it to Nix under the paths that the
//! fixed-output derivations promise, and lets Nix build the rest. A plain Nix that realises the same derivation
//! fetches by itself and gives the same bytes.

mod archives;
mod closure;
mod error;
mod observer;
mod plan;
mod realise;
mod timings;

pub use archives::{Downloads, download};
pub use closure::ClosurePlan;
pub use error::ProduceError;
pub use observer::Observer;
pub use plan::{Layer, OfCommit, Plan, Request};
pub use realise::realise;
pub use timings::{Timing, Timings};
