//! Drives Nix through its command line: what is in the store, what to put there, what to build.
//!
//! Everything begins with [`Nix::discover`], which finds `nix-store` and learns how the store is reached: directly (as root,
//! or as the owner of `/nix`), through a daemon, or as `NIX_REMOTE` says. Then, in the order a build needs them:
//!
//! - [`Nix::add_tool`] and [`Nix::add_fixed`] put files there under paths known beforehand;
//! - [`Nix::register`] puts derivations there;
//! - [`Nix::missing`] says what would be built and what a cache would give;
//! - [`Nix::realise`] builds them, with [`Event`]s as they happen;
//! - [`Nix::add_root`] keeps a result from the garbage collector.
//!
//! All of them do nothing, quickly, for what is there already, and two runs at once get on: the locks are Nix's own.
//! Held to Nix 2.8 and 2.34 by the tests.

mod access;
mod add;
mod cache;
mod closure;
mod command;
mod config;
mod discover;
mod error;
mod event;
mod expression;
mod failure;
mod installed;
mod log;
mod missing;
mod processes;
mod realise;
mod register;
mod root;
mod settings;
mod validity;
mod version;
mod watchdog;
mod words;

pub use access::Access;
pub use add::FixedDirectory;
pub use cache::CacheReport;
pub use closure::ValidPath;
pub use discover::{Nix, store_root};
pub use error::{OWN_STORE, StoreError};
pub use event::Event;
pub use installed::Installed;
pub use missing::Missing;
pub use realise::{Realised, Target};
pub use settings::Settings;
pub use version::NixVersion;
pub use words::Words;
