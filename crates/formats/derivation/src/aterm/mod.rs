//! The text of `.drv` files: an ATerm, `Derive([outputs],[input drvs],[input sources],system,builder,[args],[env])`.

mod parse;
mod write;

pub(crate) use parse::parse;
pub(crate) use write::{write, write_masked};
