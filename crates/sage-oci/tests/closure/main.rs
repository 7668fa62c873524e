//! Closure images, with the machine's own Nix and Docker: what is in them, and that they are the same every time.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

mod bad_input;
mod images;
mod options;
mod support;
