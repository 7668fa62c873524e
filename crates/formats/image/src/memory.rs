use crate::{Assembled, ImageSource, SourceError, digest_of};
use sage_oci_names::BlobDigest;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

/// An image held in memory: for tests, and for images made on the fly.
#[derive(Debug, Clone, Default)]
pub struct MemoryImage {
    index: Vec<u8>,
    blobs: BTreeMap<BlobDigest, Arc<[u8]>>,
}

impl MemoryImage {
    /// An assembled image with the blobs of its layers, in any order.
    pub fn new(assembled: &Assembled, layers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut image = Self { index: assembled.index.clone(), blobs: BTreeMap::new() };
        for blob in layers.into_iter().chain([assembled.config.clone(), assembled.manifest.clone()]) {
            image.blobs.insert(digest_of(&blob), blob.into());
        }
        image
    }

    /// Puts bytes in the place of a blob, right or wrong ones: a test's way to damage an image.
    pub fn replace(&mut self, digest: BlobDigest, bytes: Vec<u8>) {
        self.blobs.insert(digest, bytes.into());
    }

    /// Puts another index in place of the one there is.
    pub fn set_index(&mut self, bytes: Vec<u8>) {
        self.index = bytes;
    }

    /// Takes a blob away.
    pub fn remove(&mut self, digest: &BlobDigest) {
        self.blobs.remove(digest);
    }
}

impl ImageSource for MemoryImage {
    fn index(&self) -> Result<Vec<u8>, SourceError> {
        Ok(self.index.clone())
    }

    fn blob(&self, digest: &BlobDigest) -> Result<Option<Box<dyn Read + Send>>, SourceError> {
        let blob = self.blobs.get(digest).cloned();
        Ok(blob.map(|bytes| Box::new(std::io::Cursor::new(bytes)) as Box<dyn Read + Send>))
    }

    fn blob_size(&self, digest: &BlobDigest) -> Result<Option<u64>, SourceError> {
        Ok(self.blobs.get(digest).map(|bytes| bytes.len() as u64))
    }
}
