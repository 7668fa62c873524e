use crate::{Descriptor, HashingReader, ImageError, SourceError};
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
    /// Opens a blob.
    fn blob(&self, digest: &BlobDigest) -> Result<Box<dyn Read + Send>, SourceError>;
    /// The size of a blob in bytes.
    fn blob_size(&self, digest: &BlobDigest) -> Result<u64, SourceError>;
}

/// Reads a JSON document of a source, held to the size and digest of its descriptor, and parses it.
pub fn read_document<T: DeserializeOwned>(
    source: &dyn ImageSource,
    what: &'static str,
    descriptor: &Descriptor,
) -> Result<(T, Vec<u8>), ImageError> {
    let name = || format!("{what} {}", descriptor.digest);
    if descriptor.size > MAX_DOCUMENT {
        return Err(ImageError::DocumentTooLarge { what: name(), most: MAX_DOCUMENT });
    }
    let blob = source.blob(&descriptor.digest).map_err(|source| ImageError::Source { what: name(), source })?;
    let mut reader = HashingReader::new(blob.take(descriptor.size + 1));
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(|source| ImageError::Content { what: name(), source })?;
    check(descriptor, reader)?;
    let document = serde_json::from_slice(&bytes).map_err(|source| ImageError::Json { what: name(), source })?;
    Ok((document, bytes))
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
