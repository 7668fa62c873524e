//! Checks of an image as data: which command, run how, must answer what.
//!
//! [`Checks::parse`] reads a TOML document; [`Checks::for_channel`] gives the checks that hold for one channel, with that
//! channel's differences applied; [`Expect::judge`] decides over an answer. Nothing is run here.
//!
//! ```toml
//! version = 1
//!
//! [[check]]
//! name = "arithmetic"
//! command = ["sage", "-c", "print(1+1)"]
//! stdout = { exact = "2" }
//!
//! [check.channel.bookworm]
//! skip = "why it does not hold there"
//! ```

mod check;
mod error;
mod expect;
mod file;

pub use check::{Check, RunOptions};
pub use error::CheckError;
pub use expect::{Answer, Expect, FileExpect, Matcher};
pub use file::{Checks, FORMAT_VERSION, Selection};
