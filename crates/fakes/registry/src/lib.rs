//! An OCI registry that misbehaves on demand, and fakes of what stands around one, for the tests of anything that talks to them.
//!
//! [`FakeRegistry::start`] answers the distribution spec on `127.0.0.1` in the manner of a [`Profile`]: by the letter, or as
//! distribution 2 and 3, Docker Hub, GHCR, GitLab, ECR or crane's registry do. [`FakeRegistry::inject`] then makes chosen requests
//! go wrong. Every request is recorded, so that a test can say not only that a push came through but how, and what was sent twice.
//!
//! ```
//! use sage_oci_fake_registry::{FakeRegistry, Fault, Profile, When};
//! let registry = FakeRegistry::start(Profile::ghcr().with(|accounts| accounts.user("me", "secret")));
//! registry.inject(Fault::CutRequest(1000), When::on("PATCH", "/v2/*/blobs/uploads/*").first(1));
//! // ... run the code under test against registry.host() ...
//! assert_eq!(registry.received_bytes(), 0);
//! ```
//!
//! [`FakeHub`] is Docker Hub's API for descriptions, [`FakeIssuer`] what gives and exchanges identity tokens, [`FakeStatuses`] what takes
//! the statuses of commits.
//!
//! It is written on plain sockets and threads, not on a web framework: a framework is made to keep its users from sending a wrong
//! length, half a body or a TCP reset, and these are the very things wanted here. Bodies go to disk as they come.
//!
//! This is test code: misuse of it panics with a message that names what is wrong.

mod accounts;
mod auth;
mod blobs;
mod body;
mod fake;
mod fault;
mod head;
mod hub;
mod issuer;
mod manifests;
mod manner;
mod mishap;
mod profile;
mod referrers;
mod registry;
mod reply;
mod route;
mod seen;
mod server;
mod session;
mod statuses;
mod store;
mod tags;
mod token;
mod upload;

pub use accounts::Accounts;
pub use fake::{FakeRegistry, Place, Sessions};
pub use fault::{Fault, Gate, Retry, When};
pub use hub::FakeHub;
pub use issuer::FakeIssuer;
pub use manner::{Location, Manifests, Mount, Order, Patches, Ranges, Referrers, State, TagList};
pub use profile::Profile;
pub use seen::{Authorization, Seen};
pub use statuses::{CommitStatus, FakeStatuses};
pub use store::digest;
