//! From a commit's tree to what an image of it is made of.
//!
//! [`make`] opens the packaged release beside the commit, merges the two, lets meson look at what it made of them (a derivation like
//! any other), decides what differs, and puts the sources that builders will read into the store. What comes out is data for
//! `sage-oci-recipe`: the image's derivations follow from it, the lock and the definition.

mod checkout;
mod error;
mod look;
mod make;
mod release;
mod report;
mod request;
mod texts;

pub use error::CommitError;
pub use make::{Made, make};
pub use report::Report;
pub use request::{Request, Workshop};
