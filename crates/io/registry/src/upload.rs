use crate::RegistryError;
use crate::carry::Carry;
use crate::session::{Begun, Session};
use crate::tally::Tally;
use crate::uploads::Uploads;
use sage_oci_image::Descriptor;
use std::sync::atomic::Ordering;

/// From this size on, in bytes, a blob counts as large.
const LARGE: u64 = 64 * 1024 * 1024;

impl Uploads<'_> {
    /// Makes a blob be in the repository: it is there, or a sibling has it, or it is sent.
    pub(crate) fn one(&self, blob: &Descriptor) -> Result<(), RegistryError> {
        let digest = &blob.digest;
        if self.is_there(blob)? {
            Tally::add(&self.tally.present, 1);
            self.progress.advanced(blob.size);
            return self.journal().remove(digest);
        }
        // Before the upload begins, or it would grow old while it waits.
        let _turn = (blob.size >= LARGE).then(|| self.large.enter());
        if self.over.load(Ordering::Relaxed) {
            return Err(RegistryError::Stopped);
        }
        let brought = self.bring(blob);
        // Before the turn goes to the next one, which is not to begin then.
        self.over.fetch_or(brought.is_err(), Ordering::Relaxed);
        brought
    }

    /// Goes on with an upload, or takes the blob over, or sends it.
    fn bring(&self, blob: &Descriptor) -> Result<(), RegistryError> {
        let what = format!("the upload of {}", blob.digest);
        let session = match self.resumed(&what, blob)? {
            Some(session) => session,
            None => match self.mounted(blob)? {
                Begun::Mounted => return Ok(()),
                Begun::Session(session) => session,
                Begun::NotMounted => self.registry.begin(&what)?,
            },
        };
        self.carry(blob, &what, session)?;
        Tally::add(&self.tally.uploaded, 1);
        Tally::add(&self.tally.uploaded_bytes, blob.size);
        self.journal().remove(&blob.digest)
    }

    /// Sends a blob and looks whether it has come, all of it.
    fn carry(&self, blob: &Descriptor, what: &str, session: Session) -> Result<(), RegistryError> {
        let mut carried = Carry::new(self, blob, what, session).through()?;
        let mut size = self.size_after(blob)?;
        // A registry that keeps the last piece alone says so nowhere but here.
        if size.is_some_and(|size| size != blob.size) && carried.in_pieces {
            self.whole_only.store(true, Ordering::Relaxed);
            self.progress.withdrawn(blob.size);
            self.progress.again(what, "the registry has put its pieces together wrongly");
            carried = Carry::new(self, blob, what, self.registry.begin(what)?).through()?;
            size = self.size_after(blob)?;
        }
        let not = match size {
            Some(size) if size == blob.size => {
                Tally::add(&self.tally.resumed, u64::from(carried.saved > 0));
                Tally::add(&self.tally.saved, carried.saved);
                return Ok(());
            }
            Some(size) => format!("has {size} bytes there and {} here", blob.size),
            None => "is not there".to_owned(),
        };
        let registry = self.registry.repository().registry().to_owned();
        Err(RegistryError::NotKept { registry, what: format!("blob {} {not}", blob.digest) })
    }

    /// The upload that an earlier push has begun, if the registry still knows it.
    fn resumed(&self, what: &str, blob: &Descriptor) -> Result<Option<Session>, RegistryError> {
        let Some(session) = self.journal().get(self.registry, &blob.digest) else { return Ok(None) };
        let known = match self.registry.status(what, &session) {
            Err(error @ (RegistryError::Stopped | RegistryError::Busy { .. })) => return Err(error),
            Err(error @ RegistryError::Broken { .. }) if session.place.is_registry => return Err(error),
            // An address that leads nowhere any more must not keep the blob from being sent.
            known => known.ok().flatten(),
        };
        match known.filter(|known| self.takes_pieces() && (1..=blob.size).contains(&known.offset)) {
            Some(session) => Ok(Some(session)),
            None => {
                self.journal().remove(&blob.digest)?;
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
