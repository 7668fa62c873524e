use crate::PublishError;
use sage_oci_image::{Descriptor, ImageSource, MediaType, Member, members, read_blob};
use sage_oci_names::BlobDigest;
use sage_oci_registry::{Artifact, Registry};
use sage_oci_step::LOCK;

/// The kind of artifact that a lock is, and the type of its content.
pub const LOCK_KIND: &str = "application/vnd.sage-oci.lock.v1+json";

/// The lock of one image of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageLock {
    /// The image's manifest.
    pub image: Descriptor,
    /// The digest that the image says.
    pub digest: BlobDigest,
    /// The lock's text; none where the source has it not.
    pub text: Option<Vec<u8>>,
}

impl ImageLock {
    /// The locks of all images of a source that name one.
    ///
    /// # Errors
    /// The source is damaged: a lock, too, must be what its digest says.
    pub fn all(source: &dyn ImageSource) -> Result<Vec<Self>, PublishError> {
        let mut all = Vec::new();
        for member in members(source)? {
            let Member::Image(image) = Member::read(source, &member)? else { continue };
            let said = image.manifest.annotations.get(LOCK);
            let Some(digest) = said.and_then(|digest| BlobDigest::parse(digest).ok()) else { continue };
            let text = read_blob(source, "the lock", &digest)?;
            all.push(Self { image: image.descriptor, digest, text });
        }
        Ok(all)
    }

    /// Puts it beside its image, which is there; gives the digest of what lies there then. Once more it is the same.
    ///
    /// # Errors
    /// The registry refuses.
    pub fn attach(&self, registry: &Registry) -> Result<Option<BlobDigest>, PublishError> {
        let Some(bytes) = self.text.clone() else { return Ok(None) };
        let artifact = Artifact {
            kind: LOCK_KIND.to_owned(),
            media_type: MediaType::from(LOCK_KIND.to_owned()),
            bytes,
            annotations: [(LOCK.to_owned(), self.digest.to_string())].into(),
        };
        Ok(Some(registry.attach(&self.image, &artifact)?))
    }
}
