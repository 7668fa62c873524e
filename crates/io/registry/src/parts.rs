use crate::RegistryError;
use sage_oci_image::{Descriptor, ImageError, ImageSource, Index, Kind, Manifest, read_document, whole};
use sage_oci_names::BlobDigest;
use std::collections::BTreeSet;

/// How many indexes may lie in each other.
const MOST_INDEXES: usize = 4;

/// What an image is made of, in the order in which a registry wants it.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Layers, the largest first, then configurations; each once.
    pub(crate) layers: Vec<Descriptor>,
    pub(crate) configs: Vec<Descriptor>,
    /// Manifests, then the indexes over them; the last one is what the image is known by.
    pub(crate) documents: Vec<(Descriptor, Vec<u8>)>,
    seen: BTreeSet<BlobDigest>,
}

impl Parts {
    /// Reads all documents of the one image of a source.
    ///
    /// # Errors
    /// A document is damaged or not there: a part of an image is not pushed as if it were all of it.
    pub(crate) fn of(source: &dyn ImageSource) -> Result<Self, RegistryError> {
        let mut parts = Self::default();
        parts.add(source, &whole(source)?, 0)?;
        parts.layers.sort_by_key(|blob| (std::cmp::Reverse(blob.size), blob.digest));
        Ok(parts)
    }

    fn add(&mut self, source: &dyn ImageSource, descriptor: &Descriptor, depth: usize) -> Result<(), RegistryError> {
        if !self.seen.insert(descriptor.digest) {
            return Ok(());
        }
        let bytes = match descriptor.media_type.kind() {
            Kind::Index if depth >= MOST_INDEXES => {
                return Err(ImageError::TooDeep { index: descriptor.digest, most: MOST_INDEXES }.into());
            }
            Kind::Index => {
                let (index, bytes): (Index, _) = read_document(source, "index", descriptor)?;
                for member in &index.manifests {
                    self.add(source, member, depth + 1)?;
                }
                bytes
            }
            Kind::Manifest => {
                let (manifest, bytes): (Manifest, _) = read_document(source, "manifest", descriptor)?;
                // A layer that others hand out is theirs to hand out; registries do not want it.
                let own = manifest.layers.into_iter().filter(|layer| !layer.media_type.is_nondistributable());
                let new = |seen: &mut BTreeSet<BlobDigest>, blob: &Descriptor| seen.insert(blob.digest);
                for layer in own {
                    if new(&mut self.seen, &layer) {
                        self.layers.push(layer);
                    }
                }
                if new(&mut self.seen, &manifest.config) {
                    self.configs.push(manifest.config);
                }
                bytes
            }
            _ => {
                let (what, found) = (format!("member {}", descriptor.digest), descriptor.media_type.clone());
                return Err(ImageError::WrongType { what, expected: "a manifest's or an index's", found }.into());
            }
        };
        self.documents.push((descriptor.clone(), bytes));
        Ok(())
    }

    /// The sum of the blobs in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.layers.iter().chain(&self.configs).map(|blob| blob.size).fold(0, u64::saturating_add)
    }
}
