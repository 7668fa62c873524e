//! Golden tests whose golden data is what the Nix on this machine makes.

mod archive;
mod instantiate;
mod support;
