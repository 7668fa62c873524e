//! Debian's root files: what maintainer scripts, their tools and dpkg would have left in an image, computed.
//!
//! Nothing here opens a file. What is installed is a list of contents that an earlier step wrote ([`Below`]), what scripts
//! would do is data ([`sage_oci_effects::Effect`]), and files of packages come through the trait [`Packages`].
//!
//! * [`generate`] makes the files of one layer, [`difference`] leaves of them what an image below has not.
//! * [`info_files`] and [`Conffiles`] are what dpkg records of a package as it unpacks it.
//! * [`Filter`] and [`Owners`] are dpkg's rules for which paths are left out and whose the others are.
//!
//! The bytes depend on the arguments alone. Each kind of file is held to the tool that writes it on a Debian machine:
//! `update-alternatives`, `pam-auth-update`, `update-ca-certificates`, `openssl rehash`, `update-xmlcatalog`.

mod above;
mod alternatives;
mod below;
mod certificates;
mod configuration;
mod dpkg;
mod error;
mod files;
mod filter;
mod generate;
mod installed;
mod item;
mod ldcache;
mod merge;
mod owners;
mod packaged;
mod packages;
mod pam;
mod paths;
mod subject_hash;
mod users;
mod xml;

pub use above::{Difference, difference};
pub use alternatives::alternatives;
pub use below::Below;
pub use dpkg::{Conffiles, Sums, info_files};
pub use error::RootError;
pub use filter::Filter;
pub use generate::{Generated, generate};
pub use installed::{Installed, Node, NodeKind, Stored};
pub use item::{Content, Item};
pub use owners::Owners;
pub use packages::Packages;
pub use paths::{absolute, image_path, is_merged_link, merged_usr};
