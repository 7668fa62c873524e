//! What stands between the tag policy ([`sage_oci_tags`]) and a registry.
//!
//! - [`TestReport`] lies beside an image and says what became of its checks; [`tested`] reads all of them and says whether an
//!   image is green.
//! - [`Candidate`] is the image that is to get tags, read by its digest.
//! - [`plan`] decides and writes nothing; [`apply`] moves tags until nothing is left to do, reading again around every write.
//! - [`ImageLock`] lies beside an image as well: the lock that it was made of, so that whoever has the image can make it again.
//! - A tag that was put back on purpose has a note beside the image that it was put to, so that it stays there.
//!
//! Where reports lie: beside the manifest that was tested, or beside the index that it was chosen from. CI tests the image of
//! each architecture on a machine of its own, by that image's own digest, before there is an index over them; so what lies beside
//! a member counts for every index that has this member. Nothing that lies beside an index counts for its members.

mod annotations;
mod apply;
mod candidate;
mod error;
mod event;
mod groups;
mod held;
mod kept;
mod locks;
mod outcomes;
mod report;
mod reports;
mod tested;

pub use apply::{Applied, Planned, ROUNDS, apply, plan};
pub use candidate::Candidate;
pub use error::PublishError;
pub use event::Event;
pub use kept::OVERRIDE;
pub use locks::{ImageLock, LOCK_KIND};
pub use report::{Commit, REPORT, TestReport};
pub use tested::{Standing, Tested, tested};
