//! Which Debian packages an image needs: relations, candidates, and one answer that is always the same.
//!
//! [`resolve`] answers as `apt-get install` with an empty `status` file does where that leaves a choice: the first
//! alternative that can be had, a real package before one that provides the name, what is chosen already before
//! anything new. A SAT solver then proves the answer, or repairs it where a greedy choice ran into a conflict, or
//! says which packages quarrel. The answer never depends on the order in which candidates were read.

mod candidate;
mod error;
mod explain;
mod links;
mod nearest;
mod prune;
mod quarrel;
mod relation;
mod resolve;
mod solve;
mod tables;
mod universe;
mod walk;

pub use candidate::{Candidate, MultiArch};
pub use error::ResolveError;
pub use nearest::nearest;
pub use quarrel::{Chain, Quarrel};
pub use relation::{Comparison, Qualifier, Relation, RelationError, parse_relations};
pub use resolve::{Reason, Request, Resolution, Resolved, StandIn, resolve};
pub use universe::Universe;
