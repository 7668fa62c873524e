//! The text of `.drv` files: an ATerm, `Derive([outputs],[input drvs],[input sources],system,builder,[args],[env])`.

mod parse;
mod write;

pub(crate) use parse::parse;
pub(crate) use write::{write, write_masked};

use crate::{Derivation, DerivationError};

impl Derivation {
    /// The bytes of the `.drv` file (Nix manual, "ATerm").
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self)
    }

    /// Reads the bytes of a `.drv` file; `name` is its store path's name without `.drv`, which the bytes do not hold.
    ///
    /// Takes only what Nix itself writes: sorted, unique entries and one way to escape. So what is read
    /// is written back byte for byte.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, DerivationError> {
        parse(name, bytes)
    }
}
