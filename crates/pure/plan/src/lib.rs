//! Which package lies in which layer, and stays there.
//!
//! The unit is the Debian source package: what is built together changes together. Big sources lie alone, the tail
//! in bins chosen by a stable hash of the name, the foundation of every Debian system in a layer of its own, what
//! changes most on top. A plan that exists is kept: newer versions, other sizes and removed packages move nothing,
//! and what is new goes to a layer reserved for newcomers until somebody plans afresh.

mod bytecode;
mod error;
mod layers;
mod member;
mod options;
mod rendezvous;
mod tier;

pub use bytecode::plan_bytecode;
pub use error::PlanError;
pub use layers::{Planned, Previous, plan};
pub use member::Member;
pub use options::Options;
pub use rendezvous::stable_hash;
