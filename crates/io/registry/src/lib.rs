//! OCI registries, as the [distribution specification](https://github.com/opencontainers/distribution-spec) has them and as they are.
//!
//! - [`Registry`] is one repository with the connections to it: tokens, retries, a cap on what is on its way at once.
//! - [`Registry::push`] makes an image be there by digest, sends only what is missing, and goes on where an earlier push was
//!   cut, also by a kill.
//! - [`RemoteImage`] is an image in a registry as an [`ImageSource`](sage_oci_image::ImageSource): whoever reads layouts reads it.
//! - [`Registry::tags`] and [`Registry::tag`] read and move tags; which ones, others decide.
//! - [`Registry::attach`] puts what is said of an image beside it.
//!
//! Promises: a password or token is shown to the registry and its token server alone, over TLS or on this machine; it is in no
//! error and no log. What a registry says is not believed: digests are computed, and what was sent is read back.

mod auth;
mod blobs;
mod carry;
mod challenge;
mod content;
mod error;
mod exchange;
mod fetch;
mod gate;
mod journal;
mod location;
mod manifests;
mod options;
mod parts;
mod pause;
mod progress;
mod push;
mod referrers;
mod registry;
mod repository;
mod session;
mod source;
mod tags;
mod tally;
mod token;
mod tokens;
mod upload;
mod uploads;
mod verdict;

pub use error::RegistryError;
pub use manifests::Document;
pub use options::Options;
pub use progress::{NoProgress, Progress};
pub use push::{Missing, Planned, Pushed};
pub use referrers::Artifact;
pub use registry::{Access, Registry};
pub use repository::Repository;
pub use source::RemoteImage;
pub use tags::Tagged;
