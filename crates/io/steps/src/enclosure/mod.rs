//! Programs that run in a folder as if it were `/`, cut off from the machine by namespaces of the kernel.
//!
//! It needs no right of an administrator and works inside the sandbox of Nix, too. As a process that has threads can make
//! no namespace of users, and as nothing but a new program can follow a fork without unsafe code, the builder starts itself
//! again, twice:
//!
//! 1. [`run`] lays the plan down and starts the builder as [`ENTER`] `outer`.
//! 2. That makes all namespaces, in which it is root and nobody else is there, and starts the builder as [`ENTER`] `inner`.
//! 3. That is process 1 of its namespace. It mounts the root and all else, makes it `/`, runs the commands, and reports.
//!
//! Each stage dies with the one that started it, and with process 1 die all that were ever started in the enclosure: when
//! [`run`] returns, or the builder is killed, none is left.

mod bind;
mod commands;
mod device;
mod enter;
mod failure;
mod mounts;
mod namespaces;
mod not_made;
mod outside;
mod plan;
mod schedule;
mod stage;

pub use enter::enter;
pub use not_made::NotMade;
pub(crate) use outside::{Ended, run};
pub(crate) use plan::{Plan, Ran, Task};
pub use stage::ENTER;
