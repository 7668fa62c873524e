use crate::nar::{number, text};
use crate::{DerivationError, Finished, NarTree, NarWriter};
use sage_oci_names::StorePath;
use std::collections::BTreeSet;
use std::io::Write;

/// Stands behind each archive: `NIXE`, read as a little-endian number.
const MAGIC: u64 = 0x4558_494e;

/// Writes the stream of `nix-store --export`, which `nix-store --import` reads.
///
/// Objects come after those they refer to, unless the reading store has them. Nix takes the stream's word for the paths,
/// so a daemon takes it from trusted users only.
pub struct ExportWriter<W> {
    out: W,
}

impl<W: Write> ExportWriter<W> {
    /// Begins a stream.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// Writes one store object, whose tree `describe` writes as the archive's root.
    pub fn object(
        &mut self,
        path: &StorePath,
        references: &BTreeSet<StorePath>,
        deriver: Option<&StorePath>,
        describe: impl FnOnce(&mut NarWriter<&mut W>) -> Result<(), DerivationError>,
    ) -> Result<(), DerivationError> {
        number(&mut self.out, 1)?;
        let mut nar = NarWriter::new(&mut self.out)?;
        describe(&mut nar)?;
        nar.finish()?;
        number(&mut self.out, MAGIC)?;
        text(&mut self.out, path.as_str())?;
        number(&mut self.out, references.len() as u64)?;
        for reference in references {
            text(&mut self.out, reference.as_str())?;
        }
        text(&mut self.out, deriver.map_or("", StorePath::as_str))?;
        // A signature stood here once; zero says that there is none.
        number(&mut self.out, 0)
    }

    /// Writes a derivation's `.drv` file.
    pub fn derivation(&mut self, finished: &Finished) -> Result<(), DerivationError> {
        let tree = NarTree::file(finished.bytes.clone());
        self.object(&finished.path, &finished.references, None, |nar| tree.write("", nar))
    }

    /// Ends the stream and gives the sink back, flushed.
    pub fn finish(mut self) -> Result<W, DerivationError> {
        number(&mut self.out, 0)?;
        self.out.flush().map_err(DerivationError::Write)?;
        Ok(self.out)
    }
}
