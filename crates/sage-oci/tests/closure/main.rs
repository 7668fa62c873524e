//! Closure images, with the machine's own Nix and Docker: what is in them, and that they are the same every time.

mod bad_input;
mod images;
mod options;
mod support;
