use crate::RegistryError;
use crate::tally::Tally;
use crate::uploads::Uploads;
use sage_oci_image::{Descriptor, ImageError, open_blob};
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
}

impl<'a> Content<'a> {
    pub(crate) fn new(uploads: &'a Uploads<'a>, blob: &'a Descriptor) -> Self {
        Self { uploads, blob, open: Mutex::new(None), shown: AtomicU64::new(0) }
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

impl Read for Piece<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let uploads = self.content.uploads;
        if self.at_once && uploads.registry.options.stopped() {
            return Err(io::Error::other("interrupted"));
        }
        let Some(reader) = &mut self.reader else { return Ok(0) };
        let most = usize::try_from(self.end - self.place).unwrap_or(usize::MAX).min(buffer.len());
        let count = reader.read(&mut buffer[..most])?;
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
