//! Docker and podman: importing images and running containers, through the engine's own API.
//!
//! * [`Engine::connect`] finds the engine (`DOCKER_HOST` or the usual sockets) and learns what it is.
//! * [`Engine::load`] imports an image: streamed, only what the engine lacks, believed only after the engine's own view
//!   of it has been checked.
//! * [`Engine::name`] gives an image all of its names or none of them; it comes last, so no name is ever on a broken image.
//! * [`Engine::run`] runs one command in a container of its own, with a deadline, and removes it on every way out.
//! * [`Engine::start`] gives a container that stays, to talk to: its log, its port, commands in it, a clean stop.
//! * [`Engine::save`] gives an image as an archive, in pieces.
//! * [`Engine::derive`] builds an image on top of another with the engine's own builder.
//! * [`Engine::remove_dead`] removes what earlier runs have left whose process is gone, by label, and nothing else.
//!
//! Everything is async on tokio; dropping a future ends what it does and closes its connection.

/// What an engine says of how an image runs.
pub use bollard::models::ImageConfig;

mod archive;
mod connect;
mod container;
mod derive;
mod emulation;
mod engine;
mod error;
mod host;
mod import;
mod known;
mod leftovers;
mod load;
mod loaded;
mod names;
mod output;
mod owner;
mod pull;
mod run;
mod run_id;
mod save;
mod service;
mod store_kind;
mod transfer;
mod verify;

pub use container::{Publish, RunSpec};
pub use derive::Derived;
pub use engine::Engine;
pub use error::EngineError;
pub use host::Host;
pub use leftovers::RUN_LABEL;
pub use loaded::{LoadEvent, LoadOptions, Loaded};
pub use output::RunOutput;
pub use owner::{KEEP_LABEL, OWNER_LABEL};
pub use run_id::RunId;
pub use service::{Service, State, Waited};
pub use store_kind::StoreKind;
pub use verify::Hold;
