//! The folder that holds what people write and review: `nix/` with images, channels, locks, keys and the census.
//!
//! The project is found from the working directory upwards, as git finds its own. Everything is read afresh at each call;
//! errors name the file, and the names that would have been right.

mod error;
mod history;
mod project;
mod recipes;

pub use error::ProjectError;
pub use history::{Commit, Revision};
pub use project::{Census, Project};
pub use recipes::Document;
