//! Revisions of a small project, with the real git.

mod archives;
mod local;
mod remote;
mod world;
