//! Bad input and bad luck, and machines that are not the image's, through the real command: what it says, how it ends, what
//! it leaves.
//!
//! Each test has a [`world::World`] of its own: a project with one tiny image, a mirror that can be told to misbehave, a
//! cache. Nix and the container engine are the machine's own, so these tests need both.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

mod architectures;
mod archives;
mod definitions;
mod disk;
mod engine;
mod identity;
mod interrupt;
mod machine;
mod names;
mod process;
mod proxy;
mod smoke;
mod suites;
mod twice;
mod verbs;
mod verify;
mod world;
