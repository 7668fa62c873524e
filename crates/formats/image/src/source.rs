use crate::{Descriptor, HashingReader, ImageError, SourceError, digest_of};
use sage_oci_names::BlobDigest;
use serde::de::DeserializeOwned;
use std::io::Read;

/// The largest JSON document that is read into memory, in bytes; registries draw the same line.
pub const MAX_DOCUMENT: u64 = 4 * 1024 * 1024;

/// A place an image lives in: a folder, an archive, memory.
///
/// Nothing that comes out of it is believed; the readers of this crate check every digest.
pub trait ImageSource: Send + Sync {
    /// The bytes of the index, at most [`MAX_DOCUMENT`] of them.
    fn index(&self) -> Result<Vec<u8>, SourceError>;
    /// Opens a blob; none where the place has no such blob, which is another matter than failing to look.
    fn blob(&self, digest: &BlobDigest) -> Result<Option<Box<dyn Read + Send>>, SourceError>;
    /// The size of a blob in bytes; none where the place has no such blob.
    fn blob_size(&self, digest: &BlobDigest) -> Result<Option<u64>, SourceError>;
}

/// Opens a blob that must be there; `what` is what to call it in an error, as `layer`.
///
/// # Errors
///
/// It is not there, or the source fails.
pub fn open_blob(
    source: &dyn ImageSource,
    what: &'static str,
    digest: &BlobDigest,
) -> Result<Box<dyn Read + Send>, ImageError> {
    let name = || format!("{what} {digest}");
    let blob = source.blob(digest).map_err(|source| ImageError::Source { what: name(), source })?;
    blob.ok_or_else(|| ImageError::Absent { what: name() })
}

/// Reads a small blob that a digest alone is known of, and holds it to that; none where the source has none.
///
/// # Errors
///
/// The source fails, or the blob is not what the digest says, or larger than [`MAX_DOCUMENT`].
pub fn read_blob(
    source: &dyn ImageSource,
    what: &'static str,
    digest: &BlobDigest,
) -> Result<Option<Vec<u8>>, ImageError> {
    let name = || format!("{what} {digest}");
    let Some(blob) = source.blob(digest).map_err(|source| ImageError::Source { what: name(), source })? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    blob.take(MAX_DOCUMENT + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| ImageError::Content { what: name(), source })?;
    match digest_of(&bytes) {
        found if found == *digest => Ok(Some(bytes)),
        actual => Err(ImageError::DigestMismatch { expected: *digest, actual }),
    }
}

/// Reads a JSON document of a source, held to the size and digest of its descriptor, and parses it. The bytes are those that
/// are there, for those who pass a document on.
///
/// # Errors
///
/// It is not there, is not what its descriptor promises, or is no such document.
pub fn read_document<T: DeserializeOwned>(
    source: &dyn ImageSource,
    what: &'static str,
    descriptor: &Descriptor,
) -> Result<(T, Vec<u8>), ImageError> {
    let found = find_document(source, what, descriptor)?;
    found.ok_or_else(|| ImageError::Absent { what: format!("{what} {}", descriptor.digest) })
}

/// The same; none where the source has no such blob.
pub(crate) fn find_document<T: DeserializeOwned>(
    source: &dyn ImageSource,
    what: &'static str,
    descriptor: &Descriptor,
) -> Result<Option<(T, Vec<u8>)>, ImageError> {
    let name = || format!("{what} {}", descriptor.digest);
    if descriptor.size > MAX_DOCUMENT {
        return Err(ImageError::DocumentTooLarge { what: name(), most: MAX_DOCUMENT });
    }
    if !has_size(source, what, descriptor)? {
        return Ok(None);
    }
    let mut reader = HashingReader::new(open_blob(source, what, &descriptor.digest)?.take(descriptor.size + 1));
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(|source| ImageError::Content { what: name(), source })?;
    check(descriptor, reader)?;
    let document = serde_json::from_slice(&bytes).map_err(|source| ImageError::Json { what: name(), source })?;
    Ok(Some((document, bytes)))
}

/// Whether a blob is there, and then with the size that its descriptor says. Asked before a blob is read, so that an error tells its
/// size as it is, and not how far it was read.
pub(crate) fn has_size(
    source: &dyn ImageSource,
    what: &'static str,
    descriptor: &Descriptor,
) -> Result<bool, ImageError> {
    let (digest, expected) = (descriptor.digest, descriptor.size);
    let failed = |source| ImageError::Source { what: format!("{what} {digest}"), source };
    match source.blob_size(&digest).map_err(failed)? {
        Some(actual) if actual != expected => Err(ImageError::SizeMismatch { digest, expected, actual }),
        found => Ok(found.is_some()),
    }
}

/// Compares what passed through a reader with what its descriptor promises.
pub(crate) fn check<R: Read>(descriptor: &Descriptor, reader: HashingReader<R>) -> Result<(), ImageError> {
    if reader.size() != descriptor.size {
        let (digest, expected, actual) = (descriptor.digest, descriptor.size, reader.size());
        return Err(ImageError::SizeMismatch { digest, expected, actual });
    }
    let actual = BlobDigest::new(reader.finish());
    if actual != descriptor.digest {
        return Err(ImageError::DigestMismatch { expected: descriptor.digest, actual });
    }
    Ok(())
}
