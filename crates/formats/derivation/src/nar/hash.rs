use crate::{DerivationError, DigestWriter, NarWriter};
use sage_oci_names::Sha256;
use std::io::Read;

/// What Nix knows a file tree by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NarHash {
    /// The SHA-256 of its archive.
    pub sha256: Sha256,
    /// The archive's length in bytes.
    pub size: u64,
}

/// Hashes an archive while it is described; nothing is held.
pub fn nar_hash(
    describe: impl FnOnce(&mut NarWriter<DigestWriter>) -> Result<(), DerivationError>,
) -> Result<NarHash, DerivationError> {
    let mut nar = NarWriter::new(DigestWriter::default())?;
    describe(&mut nar)?;
    let (sha256, size) = nar.finish()?.finish();
    Ok(NarHash { sha256, size })
}

/// Hashes a directory of plain files, given as name, length in bytes and content, sorted by name.
///
/// The contents are streamed, so a directory of large files costs no memory. Each item is asked for when its turn comes:
/// an iterator can open the files one by one.
pub fn nar_hash_of_directory<N: AsRef<str>, R: Read>(
    entries: impl IntoIterator<Item = Result<(N, u64, R), DerivationError>>,
) -> Result<NarHash, DerivationError> {
    nar_hash(|nar| {
        nar.directory("")?;
        for entry in entries {
            let (name, size, content) = entry?;
            nar.file(name.as_ref(), false, size, content)?;
        }
        nar.end_directory()
    })
}
