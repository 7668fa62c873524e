//! The store as real Nix keeps it: each test has one of its own below the target folder.

mod adding;
mod building;
mod daemon;
mod stopping;
mod support;
