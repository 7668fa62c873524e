//! This machine: what it is, what it lacks, how to mend it.
//!
//! Four steps, of which the middle two are pure functions and tested as such:
//! 1. [`describe`] looks at the machine and returns a [`Machine`], which prints as lines and serialises as JSON;
//! 2. [`missing`] compares it with what is needed;
//! 3. [`plan_fixes`] turns what is missing into the exact commands that would mend it, and into advice for what only a person
//!    can decide;
//! 4. [`apply`] runs them.
//!
//! Only Debian and its kin are mended, through `apt-get`; elsewhere each missing piece is named with the way to get it.
//! Nothing is installed that was not listed in the plan, save for the packages it depends on.

mod apply;
mod describe;
mod engine;
mod error;
mod facts;
mod hands;
mod missing;
mod parallel;
mod plan;
mod text;

pub use apply::apply;
pub use describe::{describe, memory_available};
pub use error::MachineError;
pub use facts::{Cgroup, Daemon, Disk, Distribution, Engine, FORMAT, Init, Machine, Nix, NixAccess};
pub use hands::{Privilege, privilege};
pub use missing::{CHECK_PROGRAMS, Fix, Missing, Needs, is_fine, missing, wants_mending};
pub use parallel::{BUILDER_MEMORY, Parallel, parallel};
pub use plan::{Plan, Start, plan_fixes};
