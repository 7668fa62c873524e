//! Which tags of a registry, or names of an engine, an image gets: [`decide`] says it from what the tags hold, from the image's
//! own facts, and from a [`Policy`]. No clock, no order of jobs: an image's place is that of its annotations.
//!
//! | tag | rule |
//! | --- | --- |
//! | `10.10-3` | written once; counts the images of a version from 1; an image older than a numbered one gets none |
//! | `10.10` | forward only, among images of this version |
//! | `sid`, `bookworm`, `latest`: what the definition lists for the channel | forward only; no pre-release |
//! | `develop` | forward only; releases, pre-releases, the development branch |
//! | a revision's own, of the source | follows it; never one of the above but for the version, which a packaged release takes over |
//! | a branch's own | follows its branch; never to an older commit of it |
//!
//! # What holds without compare-and-swap
//!
//! No registry honours `If-Match`, so between a reading and a write somebody else may write. A job therefore does this:
//!
//! 1. read ([`needed`] says which tags) and [`decide`];
//! 2. for each move, in order: read that tag again; where it is not at [`Move::from`] any more, go to 1; else write it;
//! 3. read again, say what [`verify`] found, and go to 1 until [`Decision::moves`] is empty.
//!
//! Then, as long as nobody overrules and readings are up to date:
//!
//! - No write of a job replaces a holder that the job has read as newer, or as neither older nor newer.
//! - A job that was cut off anywhere is completed by its retry, or by the next job of a purpose that touches the tag.
//! - Once every job has ended, each floating tag is at an image than which none *with a number* that the tag may hold is newer.
//!   So no lasting harm comes of a write that hit an unseen newer one: numbers are written before anything floats, and whoever
//!   reads last sees them. A move's target may hence be another image than the job's own.
//! - Two jobs that race for *the same number* can lose one of the two writes, and an image without a number (`develop` alone)
//!   can be replaced unseen between step 2's reading and its write. Both need two jobs in one instant; the lock of the
//!   CI service, and a registry's own immutable tags, are against that.
//!
//! The property tests of this crate play these laws with any interleaving.

mod branch;
mod decide;
mod decision;
mod error;
mod facts;
mod held;
mod needed;
mod numbered;
mod policy;
mod python;
mod rules;
mod tag;
mod verify;
mod version;

pub use branch::branch_tag;
pub use decide::decide;
pub use decision::{Decision, Move, MoveReason, Stay, StayReason};
pub use error::TagsError;
pub use facts::{CHANNEL, CREATED, Facts, Order, UPSTREAM, VERSION};
pub use held::{Held, Holder, Kept};
pub use needed::needed;
pub use numbered::{NUMBERS, Number};
pub use policy::{Override, Policy, Purpose, Ties};
pub use tag::Tag;
pub use verify::{Surprise, verify};
pub use version::{ImageVersion, Stage};
