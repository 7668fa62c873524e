//! A container engine that runs nothing, for tests of what talks to one.
//!
//! [`FakeEngine`] answers the API of Docker, or of podman, on a Unix socket. It is told which images it has, what comes of each
//! image that it is sent ([`Load`]), and what each container says and how it ends ([`Container`]), in the order in which they are
//! made. Any request can be refused ([`FakeEngine::refuse`]). Requests, archives and the containers' documents are recorded.
//!
//! This is test code: whatever goes wrong panics with a message that names it.

mod about;
mod answers;
mod containers;
mod http;
mod images;
mod server;
mod state;

pub use about::{About, Kind};
pub use containers::Container;
pub use images::{Image, Load, digest};
pub use server::FakeEngine;
