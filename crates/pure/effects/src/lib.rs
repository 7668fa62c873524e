//! What maintainer scripts would do, as typed effects.
//!
//! No maintainer script ever runs in a build. `sage-oci-census` turns each into effects, or refuses it; the builder makes the
//! files that they speak of.

mod effect;

pub use effect::{Document, Effect, Mode, OwnedEffect, Slave};
