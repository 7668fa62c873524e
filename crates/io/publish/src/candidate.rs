use crate::PublishError;
use crate::groups::annotations;
use sage_oci_image::{Descriptor, Image, ImageError, Member, members};
use sage_oci_names::BlobDigest;
use sage_oci_registry::{Document, Registry, RegistryError, RemoteImage};
use sage_oci_tags::{Facts, TagsError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The image that is to get tags: a manifest, or an index over several.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What tags lead to.
    pub document: Document,
    /// The images in it, all of which are there.
    pub images: Vec<Image>,
    annotations: BTreeMap<String, String>,
}

impl Candidate {
    /// Reads an image by its digest, down to the configurations of its members.
    ///
    /// # Errors
    /// It is not there, is no image, is damaged, or is not all there; or the registry refuses.
    pub fn open(registry: &Arc<Registry>, digest: &BlobDigest) -> Result<Self, PublishError> {
        let absent =
            || RegistryError::Absent { repository: registry.repository().to_string(), what: digest.to_string() };
        let document = registry.document(&digest.to_string())?.ok_or_else(absent)?;
        let source = RemoteImage::open(Arc::clone(registry), &digest.to_string())?;
        let mut images = Vec::new();
        for member in members(&source)? {
            match Member::read(&source, &member)? {
                Member::Image(image) => images.push(*image),
                Member::Other(_) => {}
                Member::Absent(absent) => {
                    return Err(ImageError::Absent { what: format!("manifest {}", absent.digest) }.into());
                }
            }
        }
        let Some(first) = images.first() else { return Err(PublishError::NoImage { digest: *digest }) };
        let annotations = annotations(&document).unwrap_or_else(|| first.manifest.annotations.clone());
        Ok(Self { document, images, annotations })
    }

    /// The digest that tags lead to.
    pub fn digest(&self) -> BlobDigest {
        self.document.digest
    }

    /// What a referrer names as its subject.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::of(self.document.media_type.clone(), &self.document.bytes)
    }

    /// What it says of itself: the index's annotations, or its first image's where the index says nothing.
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }

    /// What decides over its tags; `revised` is [`Tested::revised`](crate::Tested::revised).
    ///
    /// # Errors
    /// [`TagsError`] names the annotation that is missing or cannot be read.
    pub fn facts(&self, revised: Option<i64>) -> Result<Facts, TagsError> {
        Facts::read(self.digest(), &self.annotations, revised)
    }
}
