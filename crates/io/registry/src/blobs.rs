use crate::exchange::Ask;
use crate::registry::Registry;
use crate::{RegistryError, pause};
use sage_oci_http::{Broken, header};
use sage_oci_names::BlobDigest;
use std::io::{self, Read};
use std::sync::Arc;
use ureq::http::{Method, Response};
use ureq::{Body, BodyReader};

impl Registry {
    /// The size of a blob in bytes; none where the repository has no such blob.
    ///
    /// # Errors
    /// The registry refuses or cannot be reached.
    pub fn blob_size(&self, digest: &BlobDigest) -> Result<Option<u64>, RegistryError> {
        self.blob_size_in(self.repository.path(), digest)
    }

    /// The same in a sibling.
    pub(crate) fn blob_size_in(&self, path: &str, digest: &BlobDigest) -> Result<Option<u64>, RegistryError> {
        let what = format!("a look for blob {digest}");
        let answer = self.send(&Ask::new(&what, Method::HEAD, self.place_in(path, &format!("blobs/{digest}"))))?;
        match answer.status().as_u16() {
            200 => {
                let length = header(&answer, "content-length").and_then(|text| text.trim().parse().ok());
                length.map(Some).ok_or_else(|| self.nonsense(&what, "it does not say how long the blob is".to_owned()))
            }
            404 => Ok(None),
            _ => Err(self.refusal(&what, answer)),
        }
    }

    /// Asks for the bytes of a blob from `start` on, up to its end where that is known: some take no range without one.
    fn get_blob(
        &self,
        what: &str,
        digest: &BlobDigest,
        start: u64,
        length: Option<u64>,
    ) -> Result<Option<Response<Body>>, RegistryError> {
        let ask = || Ask::new(what, Method::GET, self.place(&format!("blobs/{digest}")));
        let mut answer = if start > 0 {
            let last = length.map_or(String::new(), |length| length.saturating_sub(1).to_string());
            self.send(&ask().header("Range", format!("bytes={start}-{last}")))?
        } else {
            self.send(&ask())?
        };
        if start > 0 && answer.status() == 416 {
            answer = self.send(&ask())?;
        }
        match answer.status().as_u16() {
            200 | 206 => Ok(Some(answer)),
            404 => Ok(None),
            _ => Err(self.refusal(what, answer)),
        }
    }
}

/// How many bytes must have come before a break counts as the first one again.
const FORWARD: u64 = 64 * 1024;

/// A blob that is read; a connection that breaks is made again, and goes on from where it was.
///
/// What comes out is not checked here: whoever reads images checks every digest.
pub(crate) struct Blob {
    registry: Arc<Registry>,
    digest: BlobDigest,
    what: String,
    reader: BodyReader<'static>,
    /// How many bytes have come.
    done: u64,
    /// How many bytes come first that have come already: from a registry that knows no ranges.
    again: u64,
    /// How many there are, where the registry says so.
    length: Option<u64>,
    attempt: u32,
    /// How many had come at the last break.
    broke_at: u64,
}

impl Blob {
    /// Opens a blob; none where the repository has no such blob.
    pub(crate) fn open(registry: &Arc<Registry>, digest: &BlobDigest) -> Result<Option<Self>, RegistryError> {
        let what = format!("blob {digest}");
        let Some(answer) = registry.get_blob(&what, digest, 0, None)? else { return Ok(None) };
        let length = answer.body().content_length();
        let reader = answer.into_body().into_reader();
        let (registry, digest) = (Arc::clone(registry), *digest);
        Ok(Some(Self { registry, digest, what, reader, done: 0, again: 0, length, attempt: 1, broke_at: 0 }))
    }

    /// Goes on after a break; patience is new after a step forward.
    fn reopen(&mut self, broken: &Broken) -> Result<(), RegistryError> {
        let registry = &self.registry;
        if registry.options.stopped() {
            return Err(RegistryError::Stopped);
        }
        if self.done - self.broke_at >= FORWARD {
            (self.attempt, self.broke_at) = (1, self.done);
        }
        if self.attempt >= registry.options.attempts || !broken.should_retry() {
            return Err(registry.broken(&self.what, broken.clone(), self.attempt));
        }
        pause::rest(&registry.options, self.attempt)?;
        self.attempt += 1;
        let gone = || registry.nonsense(&self.what, "it was there a moment ago, and is no more".to_owned());
        let answer = registry.get_blob(&self.what, &self.digest, self.done, self.length)?.ok_or_else(gone)?;
        let starts = match answer.status().as_u16() {
            206 => header(&answer, "content-range").and_then(first_byte).unwrap_or(self.done),
            _ => 0,
        };
        let Some(again) = self.done.checked_sub(starts) else {
            return Err(
                registry.nonsense(&self.what, format!("asked for the bytes from {}, it sends others", self.done))
            );
        };
        (self.again, self.reader) = (again, answer.into_body().into_reader());
        Ok(())
    }

    /// Reads what comes next, and passes over what has come already.
    fn next(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.again > 0 {
            let most = usize::try_from(self.again).unwrap_or(usize::MAX).min(buffer.len());
            match self.reader.read(&mut buffer[..most])? {
                0 => return Ok(0),
                count => self.again -= count as u64,
            }
        }
        self.reader.read(buffer)
    }
}

impl Read for Blob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let broken = match self.next(buffer) {
                Ok(0)
                    if !buffer.is_empty()
                        && (self.again > 0 || self.length.is_some_and(|length| self.done < length)) =>
                {
                    Broken::Connection { why: "the registry closed the connection".to_owned(), retry: true }
                }
                Ok(count) => {
                    self.done += count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Broken::of_reading(&error),
            };
            self.reopen(&broken).map_err(io::Error::other)?;
        }
    }
}

/// Where the part of a 206 starts: `bytes 5-9/10`.
fn first_byte(range: &str) -> Option<u64> {
    range.trim().strip_prefix("bytes")?.trim().split('-').next()?.parse().ok()
}
