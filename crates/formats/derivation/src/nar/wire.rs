use crate::DerivationError;
use std::io::Write;

/// Writes a number: eight bytes, little-endian.
pub(crate) fn number(out: &mut impl Write, value: u64) -> Result<(), DerivationError> {
    out.write_all(&value.to_le_bytes()).map_err(DerivationError::Write)
}

/// Writes the zeros that bring `length` bytes to a multiple of eight.
pub(crate) fn padding(out: &mut impl Write, length: u64) -> Result<(), DerivationError> {
    let rest = usize::try_from(length % 8).expect("a remainder of eight fits");
    out.write_all(&[0; 8][..(8 - rest) % 8]).map_err(DerivationError::Write)
}

/// Writes bytes behind their length, padded.
pub(crate) fn text(out: &mut impl Write, bytes: impl AsRef<[u8]>) -> Result<(), DerivationError> {
    let bytes = bytes.as_ref();
    number(out, bytes.len() as u64)?;
    out.write_all(bytes).map_err(DerivationError::Write)?;
    padding(out, bytes.len() as u64)
}
