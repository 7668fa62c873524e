//! A Nix that builds nothing, for tests of what drives it.
//!
//! [`FakeNix`] is a folder with programs called as Nix's, shell scripts that answer in Nix's words, and a store below a root of its
//! own in which a path is valid when it is there. It is told what derivations there are and where their outputs lie
//! ([`FakeNix::knows`]); to build is to make empty files of them. Every call is recorded, so that a test can say in which order
//! things were asked, and each can be made to go wrong ([`FakeNix::on`]).
//!
//! It does not look at targets: what it is asked to build needs every derivation that it knows of.
//!
//! This is test code: whatever goes wrong panics with a message that names it.

mod calls;
mod fake;

pub use calls::{Call, Verb};
pub use fake::FakeNix;
