//! Checks of an image as data: which command, run how, must answer what.
//!
//! [`Checks::parse`] reads a TOML document; [`Checks::onto`] lets it extend another image's; [`Checks::for_channel`] gives
//! the checks that hold for one channel, with that channel's differences applied; [`Expect::judge`] decides over an answer,
//! and [`Selection::rows`] over the rows of the contract, by what became of their checks. Nothing is run here.
//!
//! ```toml
//! version = 1
//!
//! [[check]]
//! name = "arithmetic"
//! command = ["sage", "-c", "print(1+1)"]
//! stdout = { exact = "2" }
//! proves = ["I6"]                 # rows of the table [contract]
//!
//! [check.channel.bookworm]
//! skip = "why it does not hold there"
//! ```

mod check;
mod contract;
mod error;
mod expect;
mod file;
mod kind;
mod selection;

pub use check::{Build, Check, RunOptions};
pub use contract::{Row, RowCheck, RowReport, Standing, State};
pub use error::CheckError;
pub use expect::{Answer, Expect, FileExpect, Matcher};
pub use file::{Checks, FORMAT_VERSION};
pub use kind::{Cell, ImageExpect, Kind, Notebook, Service};
pub use selection::Selection;
