//! Tiny images for tests, some hundred kilobytes, that really run.
//!
//! [`TinyImage`] is built with the project's own layer writer and documents. Its one program, `/bin/tiny`, is a static
//! executable that does what its first argument says; see [`program`].
//!
//! This is test code: whatever goes wrong panics with a message that names it.

mod image;
mod program;

pub use image::{Layer, TinyImage};
pub use program::program;
