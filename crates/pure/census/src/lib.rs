//! The census: it accounts for each maintainer script by effects, or refuses the lock.
//!
//! No maintainer script ever runs in a build. Each one of a lock is accounted for by the SHA-256 of its text:
//! its effects are declared here, or it is shown to do nothing in an image, or the lock is refused.
//!
//! [`Census::judge`] decides in this order:
//!
//! 1. `prerm` and `postrm` do not run when a package is installed, and `config` only asks questions: accounted for by
//!    their kind.
//! 2. A verdict of the census (`nix/census/*.toml`), which holds for one package, script and digest.
//! 3. The rules: a reader of shell scripts follows `preinst install` and `postinst configure ""` (and `triggered`,
//!    where the package asks for that) through every command, and knows what debhelper writes: byte-code of Python,
//!    alternatives, `ldconfig`, moves of conffiles, units and init scripts, menus, catalogs, `/usr/local`. One
//!    command, condition or redirection that it does not know, on the way of a first installation, and the script is
//!    refused.
//!
//! The truth behind it all is a real installation: `tests/truth/install` lists what one leaves, and each difference
//! from plain unpacking must be an effect or one of the census's omissions.

mod census;
mod commands;
mod error;
mod judge;
mod local_directories;
mod shell;
mod triggers;

pub use census::{Census, Omission};
pub use error::{CensusError, Refusal};
pub use judge::{Account, Judgement, Package, Verdict};
