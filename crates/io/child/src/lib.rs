//! Programs that are started: none gets a secret that it does not need.
//!
//! A CI job has passwords and tokens in its environment, and every program that it starts would get them all: git, Nix, `apt-get`.
//! Here programs are started without them. No other crate of the product starts one by itself, and a test of the architecture says
//! so; the one exception is the builder, which clears the environment of what it starts.
//!
//! Which variables hold a secret is told by their names ([`is_secret`]), for a value says nothing about itself.

mod environment;
mod start;

pub use environment::is_secret;
pub use start::{command, expression, trusted_command};
