//! The status of a commit, where people look: on the page of the commit and of the pull request.
//!
//! [`set`] writes one on GitHub or GitLab. The token is shown to the API's address alone: no redirect is followed, and without TLS
//! nothing is sent but to this machine.

mod error;
mod forge;
mod status;

pub use error::ForgeError;
pub use forge::Forge;
pub use status::{State, Status, set};
