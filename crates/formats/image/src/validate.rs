use crate::source::check;
use crate::{Descriptor, HashingReader, Image, ImageError, ImageLayer, ImageSource, members, uncompressed};
use sage_oci_names::{BlobDigest, DiffId};

/// How much of an image [`validate`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Documents in full; of the layers' blobs, that they are there and have the right size.
    Fast,
    /// Every byte: blob digests, and diff ids of the decompressed layers.
    Full,
}

/// What a valid source holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The images of the index, in its order.
    pub images: Vec<ReportedImage>,
    /// What else the index names: attestations, artifacts, types that nobody here knows. Only their own size and digest were
    /// checked.
    pub others: Vec<Descriptor>,
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
    /// The sum of the uncompressed layers in bytes; known after [`Depth::Full`].
    pub uncompressed: Option<u64>,
}

/// Holds a source to everything an image promises.
///
/// Checked are the media types, image indexes on the way included; the digest and size of manifest and config; that both count
/// the same layers, at most 127; that platform and config agree; that each layer's blob is there with its size; and at
/// [`Depth::Full`] each layer's blob digest and the diff id of its decompressed content. The bytes behind a
/// compressed stream's end would change the blob's digest, so they are found too.
///
/// # Errors
///
/// The first thing that does not hold.
pub fn validate(source: &dyn ImageSource, depth: Depth) -> Result<Report, ImageError> {
    let (mut images, mut others) = (Vec::new(), Vec::new());
    for descriptor in members(source)? {
        let image = if descriptor.is_foreign() { None } else { Image::read_if_image(source, &descriptor)? };
        let Some(image) = image else {
            check_blob(source, &descriptor)?;
            others.push(descriptor);
            continue;
        };
        let mut size = 0_u64;
        for layer in &image.layers {
            check_size(source, layer)?;
            if depth == Depth::Full {
                size = size.saturating_add(check_layer(source, layer)?);
            }
        }
        images.push(ReportedImage {
            manifest: descriptor.digest,
            config: image.manifest.config.digest,
            platform: format!("{}/{}", image.config.os, image.config.architecture),
            layers: image.layers.len(),
            compressed: image.compressed_size(),
            uncompressed: (depth == Depth::Full).then_some(size),
        });
    }
    Ok(Report { images, others })
}

/// Reads a blob that nobody here understands to its end.
fn check_blob(source: &dyn ImageSource, descriptor: &Descriptor) -> Result<(), ImageError> {
    let what = || format!("blob {}", descriptor.digest);
    let blob = source.blob(&descriptor.digest).map_err(|source| ImageError::Source { what: what(), source })?;
    let mut reader = HashingReader::new(blob);
    let copied = std::io::copy(&mut reader, &mut std::io::sink());
    copied.map_err(|source| ImageError::Content { what: what(), source })?;
    check(descriptor, reader)
}

fn check_size(source: &dyn ImageSource, layer: &ImageLayer) -> Result<(), ImageError> {
    let (digest, expected) = (layer.descriptor.digest, layer.descriptor.size);
    let what = || format!("layer {digest}");
    let actual = source.blob_size(&digest).map_err(|source| ImageError::Source { what: what(), source })?;
    if actual != expected {
        return Err(ImageError::SizeMismatch { digest, expected, actual });
    }
    Ok(())
}

/// Reads a layer once, checks the digest of what is stored and of what is inside, and gives the uncompressed size.
pub fn check_layer(source: &dyn ImageSource, layer: &ImageLayer) -> Result<u64, ImageError> {
    let blob = layer.descriptor.digest;
    let what = || format!("layer {blob}");
    let content = |source| ImageError::Content { what: what(), source };
    let reader = source.blob(&blob).map_err(|source| ImageError::Source { what: what(), source })?;
    let mut stored = HashingReader::new(reader);
    let inside = {
        let tap = uncompressed(layer.layer_type, Box::new(&mut stored)).map_err(content)?;
        let mut inside = HashingReader::new(tap);
        let drained = std::io::copy(&mut inside, &mut std::io::sink());
        drained.map(|size| (DiffId::new(inside.finish()), size))
    };
    // Whatever the decoder did not want, or all that is left after it failed: the blob's own digest is the better news.
    std::io::copy(&mut stored, &mut std::io::sink()).map_err(content)?;
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
    use std::io::Read;

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
        assert!(matches!(validate(&image, Depth::Fast), Err(ImageError::Source { .. })));
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
        let mut reader = image.blob(&input.layers[0].blob).unwrap();
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
