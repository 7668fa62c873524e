use crate::gate::Gate;
use crate::journal::Journal;
use crate::parts::Parts;
use crate::registry::Registry;
use crate::tally::Tally;
use crate::uploads::Uploads;
use crate::{Document, Progress, RegistryError};
use sage_oci_image::{Descriptor, ImageSource};
use sage_oci_names::BlobDigest;
use serde::Serialize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many large blobs are on their way at once, at most.
const LARGE_AT_ONCE: usize = 2;

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// The digest of the manifest or index.
    pub digest: BlobDigest,
    /// How many blobs the image has, and their bytes.
    pub blobs: u64,
    /// The sum of the blobs in bytes.
    pub bytes: u64,
    /// Blobs that were there already.
    pub present: u64,
    /// Blobs that the registry took over from a sibling.
    pub mounted: u64,
    /// Their bytes.
    pub mounted_bytes: u64,
    /// Blobs that were sent.
    pub uploaded: u64,
    /// Their bytes.
    pub uploaded_bytes: u64,
    /// Bytes of blobs that went out, those that were sent again included.
    pub sent_bytes: u64,
    /// Uploads that an earlier push had begun.
    pub begun: u64,
    /// Those of them that went on from where they were.
    pub resumed: u64,
    /// Bytes that were not sent again for it.
    pub saved_bytes: u64,
    /// Whether the manifest or index was not there before.
    pub new: bool,
}

/// What a push would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// The digest that the image would have there.
    pub digest: BlobDigest,
    /// How many blobs the image has.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The blobs that the repository lacks.
    pub missing: Vec<Missing>,
}

/// A blob that the repository lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Its digest.
    pub digest: BlobDigest,
    /// Its size in bytes.
    pub size: u64,
    /// The sibling that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sibling: Option<String>,
}

impl Registry {
    /// Makes the one image of a source be in the repository, by digest: layers, configurations, manifests, index, in this order,
    /// each read back. No tag is moved.
    ///
    /// Sends what the repository lacks and no sibling has. Begun uploads are kept in a journal below `journals`, so that the next
    /// push goes on where this one was cut.
    ///
    /// # Errors
    /// The source is damaged, the registry refuses or cannot be reached, or the caller wants an end; what was sent is kept.
    pub fn push(
        &self,
        source: &dyn ImageSource,
        journals: &Path,
        progress: &dyn Progress,
    ) -> Result<Pushed, RegistryError> {
        let parts = Parts::of(source)?;
        let waits = |text: &str| progress.waiting(text);
        let name = self.repository().to_string();
        let journal = Journal::open(journals, &name, waits, &self.options.stop)?;
        let all = || parts.layers.iter().chain(&parts.configs);
        let begun = journal.count(all().map(|blob| &blob.digest)) as u64;
        progress.planned(all().count(), parts.bytes());
        let uploads = Uploads {
            registry: self,
            source,
            journal: Mutex::new(journal),
            tally: Tally::default(),
            progress,
            large: Gate::new(LARGE_AT_ONCE),
            whole_only: AtomicBool::new(false),
            over: AtomicBool::new(false),
        };
        let mut new = false;
        uploads.all(&parts.layers)?;
        uploads.all(&parts.configs)?;
        for (descriptor, bytes) in &parts.documents {
            new = self.put_by_digest(&descriptor.media_type, bytes)?;
        }
        let known_by = parts.documents.last().map(|(descriptor, _)| descriptor.digest);
        let tally = &uploads.tally;
        Ok(Pushed {
            digest: known_by.expect("an image has a manifest"),
            blobs: all().count() as u64,
            bytes: parts.bytes(),
            present: Tally::get(&tally.present),
            mounted: Tally::get(&tally.mounted),
            mounted_bytes: Tally::get(&tally.mounted_bytes),
            uploaded: Tally::get(&tally.uploaded),
            uploaded_bytes: Tally::get(&tally.uploaded_bytes),
            sent_bytes: Tally::get(&tally.sent),
            begun,
            resumed: Tally::get(&tally.resumed),
            saved_bytes: Tally::get(&tally.saved),
            new,
        })
    }

    /// Says what a push would send; only reads.
    ///
    /// # Errors
    /// As [`Registry::push`].
    pub fn plan_push(&self, source: &dyn ImageSource) -> Result<Planned, RegistryError> {
        let parts = Parts::of(source)?;
        let mut missing = Vec::new();
        for blob in parts.layers.iter().chain(&parts.configs) {
            if self.blob_size(&blob.digest)? == Some(blob.size) {
                continue;
            }
            let has =
                |path: &&String| matches!(self.blob_size_in(path, &blob.digest), Ok(Some(size)) if size == blob.size);
            let sibling = self.siblings().iter().find(has).cloned();
            missing.push(Missing { digest: blob.digest, size: blob.size, sibling });
        }
        let digest = parts.documents.last().map(|(descriptor, _)| descriptor.digest).expect("an image has a manifest");
        let blobs = (parts.layers.len() + parts.configs.len()) as u64;
        Ok(Planned { digest, blobs, bytes: parts.bytes(), missing })
    }

    /// Writes an index over manifests that the repository has, unless it is there, and reads it back; whether it was new.
    ///
    /// # Errors
    /// The registry refuses, or lacks one of the manifests.
    pub fn push_document(&self, document: &Document) -> Result<bool, RegistryError> {
        self.put_by_digest(&document.media_type, &document.bytes)
    }
}

impl Uploads<'_> {
    /// Every blob, several at once; the first error ends the others.
    fn all(&self, blobs: &[Descriptor]) -> Result<(), RegistryError> {
        let next = AtomicUsize::new(0);
        let failed: Mutex<Option<RegistryError>> = Mutex::new(None);
        let work = || {
            while !self.over.load(Ordering::Relaxed) {
                let Some(blob) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                if let Err(error) = self.one(blob) {
                    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    // Who stopped for another's error may be here before it.
                    if failed.as_ref().is_none_or(|first| matches!(first, RegistryError::Stopped)) {
                        *failed = Some(error);
                    }
                    self.over.store(true, Ordering::Relaxed);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.registry.options.at_once.max(1).min(blobs.len()) {
                scope.spawn(work);
            }
        });
        failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}
