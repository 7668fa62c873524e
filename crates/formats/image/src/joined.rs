use crate::{
    Descriptor, Image, ImageError, ImageSource, Index, LayerType, MediaType, Member, Platform, SourceError, canonical,
    members,
};
use sage_oci_names::BlobDigest;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::sync::Arc;

/// What containers' tools (podman, skopeo, buildah) look for to choose the smaller of two images for one platform.
const ZSTD: &str = "io.github.containers.compression.zstd";

/// Images of several sources as one, by an index over them: other architectures, or the same with other compression.
///
/// Whoever knows no better takes the first image for its platform, so the order of the sources matters: what every engine reads
/// comes first. One with zstd layers that follows another for the same platform is marked for those who do know better. The
/// index has the annotations that all images agree on, and its bytes depend on the images alone.
#[derive(Clone)]
pub struct Joined {
    sources: Vec<Arc<dyn ImageSource>>,
    descriptor: Descriptor,
    index: Vec<u8>,
}

impl Joined {
    /// Joins the images of these sources, in this order.
    ///
    /// # Errors
    /// A source fails or is damaged, has something that is no image, or there is no image at all.
    pub fn of(sources: Vec<Arc<dyn ImageSource>>) -> Result<Self, ImageError> {
        let (mut manifests, mut common) = (Vec::new(), None);
        let (mut seen, mut platforms) = (BTreeSet::new(), BTreeSet::new());
        for source in &sources {
            for member in members(source.as_ref())? {
                let image = match Member::read(source.as_ref(), &member)? {
                    Member::Image(image) => image,
                    Member::Other(other) => {
                        let (what, found) = (format!("member {}", member.digest), other.descriptor.media_type);
                        return Err(ImageError::WrongType { what, expected: "an image's", found });
                    }
                    Member::Absent(absent) => {
                        return Err(ImageError::Absent { what: format!("manifest {}", absent.digest) });
                    }
                };
                if !seen.insert(image.descriptor.digest) {
                    continue;
                }
                common = Some(match common {
                    None => image.manifest.annotations.clone(),
                    Some(common) => agreed(common, &image.manifest.annotations),
                });
                let is_first = platforms.insert(image.platform());
                manifests.push(entry(&image, is_first));
            }
        }
        let Some(common) = common else { return Err(ImageError::NoManifests) };
        let index = canonical(&Index::new(manifests, common));
        Ok(Self { sources, descriptor: Descriptor::of(MediaType::INDEX, &index), index })
    }

    /// What the images together are known by.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// The bytes of the index over them.
    pub fn bytes(&self) -> &[u8] {
        &self.index
    }
}

/// An image's entry in the index, with its platform, whether or not its own source says that.
fn entry(image: &Image, is_first: bool) -> Descriptor {
    let mut entry = image.descriptor.clone();
    let platform = || Platform {
        architecture: image.config.architecture.clone(),
        os: image.config.os.clone(),
        variant: image.config.variant.clone(),
        rest: serde_json::Map::new(),
    };
    entry.platform = Some(entry.platform.take().filter(Platform::is_said).unwrap_or_else(platform));
    if !is_first && image.layers.iter().any(|layer| layer.layer_type == LayerType::Zstd) {
        entry.annotations.insert(ZSTD.to_owned(), "true".to_owned());
    }
    entry
}

/// What two images say alike of themselves.
pub fn agreed(common: BTreeMap<String, String>, other: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    common.into_iter().filter(|(key, value)| other.get(key) == Some(value)).collect()
}

impl ImageSource for Joined {
    fn index(&self) -> Result<Vec<u8>, SourceError> {
        Ok(canonical(&Index::new(vec![self.descriptor.clone()], BTreeMap::new())))
    }

    fn blob(&self, digest: &BlobDigest) -> Result<Option<Box<dyn Read + Send>>, SourceError> {
        if *digest == self.descriptor.digest {
            return Ok(Some(Box::new(Cursor::new(self.index.clone()))));
        }
        for source in &self.sources {
            if let Some(blob) = source.blob(digest)? {
                return Ok(Some(blob));
            }
        }
        Ok(None)
    }

    fn blob_size(&self, digest: &BlobDigest) -> Result<Option<u64>, SourceError> {
        if *digest == self.descriptor.digest {
            return Ok(Some(self.index.len() as u64));
        }
        for source in &self.sources {
            if let Some(size) = source.blob_size(digest)? {
                return Ok(Some(size));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Depth, assemble, assemble_index, testing, validate, whole};
    use sage_oci_names::Architecture;

    fn image(architecture: Architecture, version: &str) -> (crate::Assembled, Arc<dyn ImageSource>) {
        let (mut input, blobs) = testing::input(&["base"]);
        input.architecture = architecture;
        input.annotations.insert("version".to_owned(), version.to_owned());
        let assembled = assemble(&input).unwrap();
        let image = crate::MemoryImage::new(&assembled, blobs);
        (assembled, Arc::new(image))
    }

    #[test]
    fn two_architectures_joined_are_the_index_over_both() {
        let ((one, amd64), (two, arm64)) = (image(Architecture::Amd64, "1"), image(Architecture::Arm64, "1"));
        let joined = Joined::of(vec![Arc::clone(&amd64), arm64]).unwrap();
        let annotations = serde_json::from_slice::<crate::Manifest>(&one.manifest).unwrap().annotations;
        let made = assemble_index(vec![one.descriptor, two.descriptor], annotations).unwrap();
        assert_eq!(joined.bytes(), made.image_index);
        assert_eq!(whole(&joined).unwrap().digest, made.descriptor.digest);
        assert_eq!(validate(&joined, Depth::Full).unwrap().images.len(), 2);
        // The same one twice is one.
        let twice = Joined::of(vec![Arc::clone(&amd64), amd64]).unwrap();
        assert_eq!(validate(&twice, Depth::Full).unwrap().images.len(), 1);
        assert!(matches!(Joined::of(Vec::new()), Err(ImageError::NoManifests)));
    }

    #[test]
    fn what_images_do_not_agree_on_is_left_out() {
        let ((_, one), (_, two)) = (image(Architecture::Amd64, "1"), image(Architecture::Arm64, "2"));
        let joined = Joined::of(vec![one, two]).unwrap();
        let index: Index = serde_json::from_slice(joined.bytes()).unwrap();
        assert_eq!(index.annotations.keys().collect::<Vec<_>>(), ["org.opencontainers.image.title"]);
    }
}
