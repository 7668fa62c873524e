//! The store as real Nix keeps it: each test has one of its own below the target folder.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

mod adding;
mod building;
mod daemon;
mod stopping;
mod support;
