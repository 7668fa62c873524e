use crate::RegistryError;
use crate::carry::Carry;
use crate::session::{Begun, Session};
use crate::tally::Tally;
use crate::uploads::Uploads;
use sage_oci_image::Descriptor;
use sage_oci_names::BlobDigest;

/// From this size on, in bytes, a blob counts as large.
const LARGE: u64 = 64 * 1024 * 1024;

impl Uploads<'_> {
    /// Makes a blob be in the repository: it is there, or a sibling has it, or it is sent.
    pub(crate) fn one(&self, blob: &Descriptor) -> Result<(), RegistryError> {
        let digest = &blob.digest;
        if self.is_there(blob)? {
            Tally::add(&self.tally.present, 1);
            Tally::add(&self.tally.present_bytes, blob.size);
            self.progress.advanced(blob.size);
            return self.journal().remove(digest);
        }
        let what = format!("the upload of {digest}");
        // Before the upload begins, or it would grow old while it waits.
        let _turn = (blob.size >= LARGE).then(|| self.large.enter());
        let session = match self.resumed(&what, digest)? {
            Some(session) => session,
            None => match self.mounted(blob)? {
                Begun::Mounted => return Ok(()),
                Begun::Session(session) => session,
                Begun::NotMounted => self.registry.begin(&what)?,
            },
        };
        Carry::new(self, blob, &what, session).through()?;
        if !self.is_there(blob)? {
            let (registry, what) =
                (self.registry.repository().registry().to_owned(), format!("blob {digest} is not there"));
            return Err(RegistryError::NotKept { registry, what });
        }
        Tally::add(&self.tally.uploaded, 1);
        Tally::add(&self.tally.uploaded_bytes, blob.size);
        self.journal().remove(digest)
    }

    /// The upload that an earlier push has begun, if the registry still knows it.
    fn resumed(&self, what: &str, digest: &BlobDigest) -> Result<Option<Session>, RegistryError> {
        let Some(session) = self.journal().get(self.registry, digest) else { return Ok(None) };
        let known = match self.registry.status(what, &session) {
            Err(RegistryError::Refused { .. }) => None,
            known => known?,
        };
        match known.filter(|_| self.takes_pieces()) {
            Some(session) if session.offset > 0 => {
                Tally::add(&self.tally.resumed, 1);
                Tally::add(&self.tally.saved, session.offset);
                Ok(Some(session))
            }
            _ => {
                self.journal().remove(digest)?;
                Ok(None)
            }
        }
    }

    /// Takes a blob over from the first sibling that has it.
    fn mounted(&self, blob: &Descriptor) -> Result<Begun, RegistryError> {
        let what = format!("taking over {}", blob.digest);
        for sibling in self.registry.siblings() {
            // Asked first, since a mount that does not come about leaves a begun upload behind. Who may not read there has nothing to take.
            if !matches!(self.registry.blob_size_in(sibling, &blob.digest), Ok(Some(size)) if size == blob.size) {
                continue;
            }
            match self.registry.mount(&what, &blob.digest, sibling)? {
                Begun::Mounted if self.is_there(blob)? => {
                    Tally::add(&self.tally.mounted, 1);
                    Tally::add(&self.tally.mounted_bytes, blob.size);
                    self.progress.advanced(blob.size);
                    return Ok(Begun::Mounted);
                }
                Begun::Mounted | Begun::NotMounted => {}
                Begun::Session(session) => return Ok(Begun::Session(session)),
            }
        }
        Ok(Begun::NotMounted)
    }
}
