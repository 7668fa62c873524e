//! What it means that an image was built again: what was varied, what came of each layer, and the verdict on all of it.
//!
//! Nothing here builds or reads anything. `sage-oci-rebuilder` builds layers again under a set of [`Variation`]s; what it finds is
//! put together here to a [`Report`], whose [`Verdict`] is one of four and decides the exit status. [`Golden`] is the list of digests
//! that images are known to have.

mod emulation;
mod entries;
mod golden;
mod report;
mod variation;
mod verdict;

pub use emulation::{Candidate, Emulate, Emulation};
pub use entries::{Facts, Found, Nature, compare};
pub use golden::{Golden, GoldenError, GoldenImage, Moved};
pub use report::{Cause, FORMAT, FoundLock, LayerReport, NotVaried, Report};
pub use variation::{Variation, Vary, VaryError};
pub use verdict::{Sameness, Verdict};
