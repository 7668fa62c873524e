use crate::source::{check, has_size};
use crate::{
    Descriptor, HashingReader, Image, ImageError, ImageLayer, ImageSource, Member, members, open_blob, uncompressed,
};
use sage_oci_names::{BlobDigest, DiffId};

/// How much of an image [`validate`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Documents in full; of the other blobs, that they are there and have the right size.
    Fast,
    /// Every byte: blob digests, and diff ids of the decompressed layers.
    Full,
}

/// What a valid source holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The images of the index, in its order.
    pub images: Vec<ReportedImage>,
    /// What else the index names: attestations, signatures, artifacts, types that nobody here knows.
    pub others: Vec<Descriptor>,
    /// What is named and not here, so that nobody has checked it: other platforms after a pull of one, and layers that others
    /// need not hand on.
    pub absent: Vec<Descriptor>,
}

impl Report {
    /// The report of a source of which nothing is missing.
    ///
    /// # Errors
    ///
    /// Something that it names is not here.
    pub fn complete(self) -> Result<Self, ImageError> {
        match self.absent.first() {
            None => Ok(self),
            Some(absent) => Err(ImageError::Absent { what: format!("blob {}", absent.digest) }),
        }
    }
}

/// One valid image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedImage {
    /// The digest of the manifest.
    pub manifest: BlobDigest,
    /// The digest of the configuration.
    pub config: BlobDigest,
    /// The platform, as `linux/amd64`.
    pub platform: String,
    /// How many layers there are.
    pub layers: usize,
    /// The sum of the blobs in bytes.
    pub compressed: u64,
    /// The sum of the uncompressed layers in bytes; known after [`Depth::Full`], where every layer is here.
    pub uncompressed: Option<u64>,
}

/// Holds a source to everything an image promises.
///
/// Checked are the media types, image indexes on the way included; the digest and size of manifest and config; that both count
/// the same layers, at most 127; that platform and config agree; that each layer's blob is there with its size; and at
/// [`Depth::Full`] each layer's blob digest and the diff id of its decompressed content. The bytes behind a
/// compressed stream's end would change the blob's digest, so they are found too.
///
/// Whatever is no image is read as well: its manifest, and the config and layers that this names. So nothing that is here, and
/// that an index leads to, is valid unread. What an index names and the source has not got is reported; half of
/// it, a manifest without what it names, is an error.
///
/// # Errors
///
/// The first thing that does not hold, or nothing is here of all that the index names.
pub fn validate(source: &dyn ImageSource, depth: Depth) -> Result<Report, ImageError> {
    let mut report = Report { images: Vec::new(), others: Vec::new(), absent: Vec::new() };
    for descriptor in members(source)? {
        match Member::read(source, &descriptor)? {
            Member::Image(image) => {
                let image = check_image(source, &image, depth, &mut report.absent)?;
                report.images.push(image);
            }
            Member::Other(other) => {
                for blob in std::iter::once(&descriptor).chain(&other.blobs) {
                    check_blob(source, blob, depth, &mut report.absent)?;
                }
                report.others.push(descriptor);
            }
            Member::Absent(descriptor) => report.absent.push(descriptor),
        }
    }
    match report.absent.first() {
        Some(first) if report.images.is_empty() && report.others.is_empty() => {
            Err(ImageError::NothingHere { count: report.absent.len(), first: first.digest })
        }
        _ => Ok(report),
    }
}

fn check_image(
    source: &dyn ImageSource,
    image: &Image,
    depth: Depth,
    absent: &mut Vec<Descriptor>,
) -> Result<ReportedImage, ImageError> {
    let mut size = (depth == Depth::Full).then_some(0_u64);
    for layer in &image.layers {
        if !is_here(source, "layer", &layer.descriptor)? {
            absent.push(layer.descriptor.clone());
            size = None;
        } else if depth == Depth::Full {
            let inside = check_layer(source, layer)?;
            size = size.map(|size| size.saturating_add(inside));
        }
    }
    Ok(ReportedImage {
        manifest: image.descriptor.digest,
        config: image.manifest.config.digest,
        platform: image.platform(),
        layers: image.layers.len(),
        compressed: image.compressed_size(),
        uncompressed: size,
    })
}

/// Holds a blob that nobody here understands to its descriptor.
fn check_blob(
    source: &dyn ImageSource,
    descriptor: &Descriptor,
    depth: Depth,
    absent: &mut Vec<Descriptor>,
) -> Result<(), ImageError> {
    if !is_here(source, "blob", descriptor)? {
        absent.push(descriptor.clone());
        return Ok(());
    }
    if depth == Depth::Fast {
        return Ok(());
    }
    let mut reader = HashingReader::new(open_blob(source, "blob", &descriptor.digest)?);
    let copied = std::io::copy(&mut reader, &mut std::io::sink());
    copied.map_err(|source| ImageError::Content { what: format!("blob {}", descriptor.digest), source })?;
    check(descriptor, reader)
}

/// Whether a blob that a manifest names is there, as it must be, unless its type lets it lie elsewhere.
fn is_here(source: &dyn ImageSource, what: &'static str, descriptor: &Descriptor) -> Result<bool, ImageError> {
    match has_size(source, what, descriptor)? {
        false if !descriptor.media_type.is_nondistributable() => {
            Err(ImageError::Absent { what: format!("{what} {}", descriptor.digest) })
        }
        here => Ok(here),
    }
}

/// Reads a layer once, checks the digest of what is stored and of what is inside, and gives the uncompressed size.
pub fn check_layer(source: &dyn ImageSource, layer: &ImageLayer) -> Result<u64, ImageError> {
    let blob = layer.descriptor.digest;
    let content = |source| ImageError::Content { what: format!("layer {blob}"), source };
    let mut stored = HashingReader::new(open_blob(source, "layer", &blob)?);
    let inside = {
        let tap = uncompressed(layer.layer_type, Box::new(&mut stored)).map_err(content)?;
        let mut inside = HashingReader::new(tap);
        let drained = std::io::copy(&mut inside, &mut std::io::sink());
        drained.map(|size| (DiffId::new(inside.finish()), size))
    };
    // Whatever the decoder did not want, or all that is left after it failed: the blob's own digest is the better news.
    std::io::copy(&mut stored, &mut std::io::sink())
        .map_err(|error| ImageError::Source { what: format!("layer {blob}"), source: error.into() })?;
    check(&layer.descriptor, stored)?;
    let (actual, size) = inside.map_err(content)?;
    if actual != layer.diff_id {
        return Err(ImageError::DiffIdMismatch { blob, expected: layer.diff_id, actual });
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryImage, assemble, digest_of, testing};
    use std::io::Read as _;

    #[test]
    fn a_sound_image_passes() {
        let (input, image) = testing::image(&["base", "top"]);
        let report = validate(&image, Depth::Full).unwrap();
        assert_eq!(report.images[0].layers, 2);
        assert_eq!(report.images[0].platform, "linux/amd64");
        assert_eq!(report.images[0].compressed, input.layers.iter().map(|layer| layer.size).sum::<u64>());
        assert_eq!(
            report.images[0].uncompressed,
            Some(("content of base".len() + "content of top".len()) as u64 * 100)
        );
        assert_eq!(validate(&image, Depth::Fast).unwrap().images[0].uncompressed, None);
    }

    #[test]
    fn another_blob_of_the_same_size_is_found_in_full_only() {
        let (input, mut image) = testing::image(&["base"]);
        let layer = &input.layers[0];
        image.replace(layer.blob, vec![0; layer.size as usize]);
        validate(&image, Depth::Fast).unwrap();
        let error = validate(&image, Depth::Full).unwrap_err();
        assert!(matches!(error, ImageError::DigestMismatch { expected, .. } if expected == layer.blob), "{error}");
    }

    #[test]
    fn a_cut_or_lost_blob_is_found_at_once() {
        let (input, mut image) = testing::image(&["base"]);
        image.replace(input.layers[0].blob, vec![1]);
        assert!(matches!(validate(&image, Depth::Fast), Err(ImageError::SizeMismatch { actual: 1, .. })));
        image.remove(&input.layers[0].blob);
        assert!(matches!(validate(&image, Depth::Fast), Err(ImageError::Absent { .. })));
    }

    #[test]
    fn a_wrong_diff_id_is_found() {
        let (mut input, blobs) = testing::input(&["base"]);
        input.layers[0].diff_id = DiffId::new(digest_of(b"other").sha256());
        let image = MemoryImage::new(&assemble(&input).unwrap(), blobs);
        assert!(matches!(validate(&image, Depth::Full), Err(ImageError::DiffIdMismatch { .. })));
    }

    #[test]
    fn bytes_behind_the_compressed_stream_are_found() {
        let (input, mut image) = testing::image(&["base"]);
        let mut reader = open_blob(&image, "layer", &input.layers[0].blob).unwrap();
        let mut longer = Vec::new();
        reader.read_to_end(&mut longer).unwrap();
        longer.push(0);
        image.replace(input.layers[0].blob, longer);
        assert!(matches!(validate(&image, Depth::Full), Err(ImageError::SizeMismatch { .. })));
    }

    #[test]
    fn changed_documents_are_found() {
        let (input, mut image) = testing::image(&["base"]);
        let made = assemble(&input).unwrap();
        let spoiled =
            |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace("layers", "layerz").into_bytes();
        image.replace(made.config_digest, spoiled(&made.config));
        assert!(matches!(validate(&image, Depth::Fast), Err(ImageError::DigestMismatch { .. })));
        image.replace(made.manifest_digest, b"{}".to_vec());
        assert!(matches!(validate(&image, Depth::Fast), Err(ImageError::SizeMismatch { .. })));
    }
}
