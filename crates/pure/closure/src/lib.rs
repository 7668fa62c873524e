//! Which store path of a Nix closure lies in which layer.
//!
//! [`plan`] takes the closure as Nix knows it (paths, sizes, references) and answers with layers, bottom first. Its laws:
//!
//! - every path lies in exactly one layer, and what a base image has already in none;
//! - never more layers than the limit, and no layer below [`SMALL`] but the top one;
//! - no catch-all: a layer of several paths is at most a quarter larger than the size from which a path lies alone;
//! - the answer depends on the closure alone, not on the order in which it is listed;
//! - another hash or version of a path moves nothing: its layer alone gets other bytes. A path that comes or goes
//!   touches the few layers next to its own.
//!
//! [`Capabilities`] are here too: what a file of an image may do, as text and as the kernel's bytes.

mod bins;
mod capabilities;
mod error;
mod height;
mod limits;
mod member;
mod plan;
mod stem;

pub use capabilities::Capabilities;
pub use error::ClosureError;
pub use limits::{DEFAULT_LAYERS, Limits, MOST_LAYERS, SMALL};
pub use member::Member;
pub use plan::{Plan, Planned, plan};
pub use stem::stem;
