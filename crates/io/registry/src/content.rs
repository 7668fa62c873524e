use crate::RegistryError;
use crate::tally::Tally;
use crate::uploads::Uploads;
use sage_oci_image::{Descriptor, HashingReader, ImageError, open_blob};
use sage_oci_names::BlobDigest;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The bytes of a blob on their way out: read once where one piece follows the other, and opened again where one is sent again.
pub(crate) struct Content<'a> {
    uploads: &'a Uploads<'a>,
    blob: &'a Descriptor,
    /// An open reader, and where it is.
    open: Mutex<Option<(u64, Box<dyn Read + Send>)>>,
    /// How many bytes of the blob were told to have gone up.
    shown: AtomicU64,
    /// Why it could not be read: no fault of the registry's.
    failed: Mutex<Option<ImageError>>,
}

impl<'a> Content<'a> {
    pub(crate) fn new(uploads: &'a Uploads<'a>, blob: &'a Descriptor) -> Self {
        Self { uploads, blob, open: Mutex::new(None), shown: AtomicU64::new(0), failed: Mutex::new(None) }
    }

    /// The bytes from `start` on. With `at_once` they end where the caller of the push wants an end.
    pub(crate) fn piece(&self, start: u64, length: u64, at_once: bool) -> Result<Box<dyn Read + '_>, RegistryError> {
        let kept = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        let reader = match kept {
            Some((place, reader)) if place == start => reader,
            _ => {
                let mut reader = open_blob(self.uploads.source, "blob", &self.blob.digest)?;
                let passed = io::copy(&mut reader.by_ref().take(start), &mut io::sink());
                if !matches!(passed, Ok(passed) if passed == start) {
                    let (digest, expected, actual) = (self.blob.digest, self.blob.size, passed.unwrap_or_default());
                    return Err(ImageError::SizeMismatch { digest, expected, actual }.into());
                }
                reader
            }
        };
        Ok(Box::new(Piece { content: self, reader: Some(reader), place: start, end: start + length, at_once }))
    }

    /// Why the last piece could not be read, if that is so.
    pub(crate) fn failure(&self) -> Option<ImageError> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Holds the blob to its digest, as the registry has done; it may be ours that is damaged.
    pub(crate) fn check(&self) -> Result<(), RegistryError> {
        let (expected, what) = (self.blob.digest, format!("blob {}", self.blob.digest));
        let mut reader = HashingReader::new(open_blob(self.uploads.source, "blob", &expected)?);
        io::copy(&mut reader, &mut io::sink()).map_err(|source| ImageError::Content { what, source })?;
        let actual = BlobDigest::new(reader.finish());
        if actual == expected { Ok(()) } else { Err(ImageError::DigestMismatch { expected, actual }.into()) }
    }

    /// Corrects what was told: the registry has so many bytes of the blob.
    pub(crate) fn settle(&self, has: u64) {
        let shown = self.shown.swap(has, Ordering::Relaxed);
        self.uploads.progress.advanced(has.saturating_sub(shown));
        self.uploads.progress.withdrawn(shown.saturating_sub(has));
    }
}

struct Piece<'a> {
    content: &'a Content<'a>,
    reader: Option<Box<dyn Read + Send>>,
    place: u64,
    end: u64,
    at_once: bool,
}

impl Piece<'_> {
    fn fail(&mut self, error: ImageError) -> io::Error {
        self.reader = None;
        *self.content.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        io::Error::other("the image cannot be read")
    }
}

impl Read for Piece<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let uploads = self.content.uploads;
        if self.at_once && uploads.registry.options.stopped() {
            return Err(io::Error::other("interrupted"));
        }
        let Some(reader) = &mut self.reader else { return Ok(0) };
        let most = usize::try_from(self.end - self.place).unwrap_or(usize::MAX).min(buffer.len());
        let count = match reader.read(&mut buffer[..most]) {
            Ok(0) if most > 0 => {
                let (digest, expected, actual) = (self.content.blob.digest, self.content.blob.size, self.place);
                return Err(self.fail(ImageError::SizeMismatch { digest, expected, actual }));
            }
            Err(source) if source.kind() != io::ErrorKind::Interrupted => {
                let what = format!("blob {}", self.content.blob.digest);
                return Err(self.fail(ImageError::Content { what, source }));
            }
            count => count?,
        };
        self.place += count as u64;
        Tally::add(&uploads.tally.sent, count as u64);
        self.content.shown.fetch_add(count as u64, Ordering::Relaxed);
        uploads.progress.advanced(count as u64);
        Ok(count)
    }
}

impl Drop for Piece<'_> {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            *self.content.open.lock().unwrap_or_else(PoisonError::into_inner) = Some((self.place, reader));
        }
    }
}
