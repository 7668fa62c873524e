//! Golden tests whose golden data is what the Nix on this machine makes.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

mod archive;
mod instantiate;
mod support;
