//! Credentials for a registry, from everywhere that users have them. Nothing here uses the network.
//!
//! [`Sources::lookup`] asks, in this order, and takes the first that has something:
//!
//! 1. our own variables, `SAGE_OCI_REGISTRY_USER` and `SAGE_OCI_REGISTRY_PASSWORD`, for the registry that
//!    `SAGE_OCI_REGISTRY_HOST` names, or without it for a push's target alone ([`Purpose`]);
//! 2. `DOCKER_AUTH_CONFIG`, docker's configuration in a variable;
//! 3. the file that `REGISTRY_AUTH_FILE` names;
//! 4. docker's `config.json`, in the folder that `DOCKER_CONFIG` names or else in `~/.docker`;
//! 5. podman's `auth.json`, in `$XDG_RUNTIME_DIR/containers` (unless `REGISTRY_AUTH_FILE` replaces it) and in
//!    `~/.config/containers`;
//! 6. a GitLab job's own, for the one host that `CI_REGISTRY` names.
//!
//! Places 2 to 5 have one format, which docker defines and podman adds to (containers-auth.json(5)): programs that keep
//! credentials (`credHelpers`, `credsStore`), and `auths` with passwords, identity tokens and registry tokens.
//!
//! What a caller may rely on:
//!
//! - A credential is given to the registry alone that it was kept for. Docker Hub's three names are one registry.
//! - No secret is in a text for people: not in [`Found::from`], not in any error, not in `Debug` of anything. So no error shows a
//!   part of a file, or what a helper said.
//! - A source that is there and cannot be read is an error, and not the absence of a credential.
//!
//! The crate `docker_credential` knows places 4 and no identity tokens, and its errors print what a helper said. So this is our
//! own.

mod config;
mod credential;
mod entry;
mod error;
mod helper;
mod key;
mod place;
mod run;
mod secret;
mod sources;
mod variables;

pub use credential::{Credential, Found};
pub use error::CredentialError;
pub use place::Place;
pub use secret::Secret;
pub use sources::{Purpose, Sources};
