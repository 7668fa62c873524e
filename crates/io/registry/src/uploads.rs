use crate::gate::Gate;
use crate::journal::Journal;
use crate::registry::Registry;
use crate::tally::Tally;
use crate::{Progress, RegistryError, pause};
use sage_oci_image::{Descriptor, ImageSource};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Hosts that take a blob in one piece only, or lose what came before the last piece.
const WHOLE_ONLY: [&str; 2] = ["ghcr.io", "amazonaws.com"];

/// The uploads of one push.
pub(crate) struct Uploads<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) source: &'a dyn ImageSource,
    pub(crate) journal: Mutex<Journal>,
    pub(crate) tally: Tally,
    pub(crate) progress: &'a dyn Progress,
    /// How many large blobs may be on their way: one that is cut may have to go up again from its start.
    pub(crate) large: Gate,
    /// The registry has shown that it takes blobs in one piece only.
    pub(crate) whole_only: AtomicBool,
    /// Another blob has failed, so that the push comes to nothing; it is not for nothing where this one stops early.
    pub(crate) over: AtomicBool,
}

impl Uploads<'_> {
    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the registry has a blob, and all of it. Some have kept a part under the name of the whole.
    pub(crate) fn is_there(&self, blob: &Descriptor) -> Result<bool, RegistryError> {
        Ok(self.registry.blob_size(&blob.digest)? == Some(blob.size))
    }

    /// The size of a blob that was just sent. Some registries need a moment until they see it.
    pub(crate) fn size_after(&self, blob: &Descriptor) -> Result<Option<u64>, RegistryError> {
        let options = &self.registry.options;
        let mut attempt = 1;
        loop {
            match self.registry.blob_size(&blob.digest)? {
                None if attempt < options.attempts => pause::rest(options, attempt)?,
                size => return Ok(size),
            }
            attempt += 1;
        }
    }

    pub(crate) fn takes_pieces(&self) -> bool {
        let host = self.registry.repository().registry();
        let known = WHOLE_ONLY.iter().any(|name| host == *name || host.ends_with(&format!(".{name}")));
        !known && !self.whole_only.load(Ordering::Relaxed)
    }
}
