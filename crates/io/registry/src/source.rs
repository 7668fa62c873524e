use crate::blobs::Blob;
use crate::manifests::is_document;
use crate::registry::Registry;
use crate::{Document, RegistryError};
use sage_oci_image::{Descriptor, ImageSource, Index, SourceError, canonical};
use sage_oci_names::BlobDigest;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An image in a registry, read where it is: only what is asked for is fetched.
#[derive(Debug)]
pub struct RemoteImage {
    registry: Arc<Registry>,
    descriptor: Descriptor,
    /// Documents that were read, and those that an index has named.
    documents: Mutex<BTreeMap<BlobDigest, Option<Arc<[u8]>>>>,
}

impl RemoteImage {
    /// Looks up a digest or a tag.
    ///
    /// # Errors
    /// It is not there, is no manifest and no index, or the registry refuses.
    pub fn open(registry: Arc<Registry>, reference: &str) -> Result<Self, RegistryError> {
        let repository = registry.repository().to_string();
        let Some(document) = registry.document(reference)? else {
            return Err(RegistryError::Absent { repository, what: reference.to_owned() });
        };
        if !is_document(&document.media_type) {
            let (name, why) =
                (format!("{repository}@{}", document.digest), format!("its type is {}", document.media_type));
            return Err(RegistryError::NoImage { name, why });
        }
        let descriptor = Descriptor::of(document.media_type.clone(), &document.bytes);
        let image = Self { registry, descriptor, documents: Mutex::default() };
        image.keep(&document);
        Ok(image)
    }

    /// The manifest or index that it is known by.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// The repository that it is read from.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    fn documents(&self) -> MutexGuard<'_, BTreeMap<BlobDigest, Option<Arc<[u8]>>>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, document: &Document) {
        let mut documents = self.documents();
        // A manifest parses as an index without members; what an index names are documents, not blobs.
        if let Ok(index) = serde_json::from_slice::<Index>(&document.bytes) {
            for member in index.manifests.iter().filter(|member| is_document(&member.media_type)) {
                documents.entry(member.digest).or_insert(None);
            }
        }
        documents.insert(document.digest, Some(document.bytes.clone().into()));
    }

    /// A manifest or index; the outer none says that the digest is not known as one, the inner that it is not there.
    fn document(&self, digest: &BlobDigest) -> Result<Option<Option<Arc<[u8]>>>, RegistryError> {
        match self.documents().get(digest) {
            None => return Ok(None),
            Some(Some(bytes)) => return Ok(Some(Some(Arc::clone(bytes)))),
            Some(None) => {}
        }
        let Some(document) = self.registry.document(&digest.to_string())? else { return Ok(Some(None)) };
        self.keep(&document);
        Ok(Some(Some(document.bytes.into())))
    }
}

impl ImageSource for RemoteImage {
    fn index(&self) -> Result<Vec<u8>, SourceError> {
        Ok(canonical(&Index::new(vec![self.descriptor.clone()], BTreeMap::new())))
    }

    fn blob(&self, digest: &BlobDigest) -> Result<Option<Box<dyn Read + Send>>, SourceError> {
        if let Some(document) = self.document(digest)? {
            return Ok(document.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read + Send>));
        }
        Ok(Blob::open(&self.registry, digest)?.map(|blob| Box::new(blob) as Box<dyn Read + Send>))
    }

    fn blob_size(&self, digest: &BlobDigest) -> Result<Option<u64>, SourceError> {
        match self.document(digest)? {
            Some(document) => Ok(document.map(|bytes| bytes.len() as u64)),
            None => Ok(self.registry.blob_size(digest)?),
        }
    }
}
