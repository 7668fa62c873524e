use crate::StepError;
use sage_oci_image::{Image, ImageError, OCI_LAYOUT, OciLayout, agreed, assemble_index, blob_path};
use sage_oci_layout::LayoutDir;
use sage_oci_names::BlobDigest;
use sage_oci_step::{IndexStep, LOCK};
use std::path::Path;

/// Writes the OCI layout of an [`IndexStep`] to `out`: its blobs are links to those of the images' layouts, and the index
/// has the annotations that all images agree on.
pub(crate) fn run(step: &IndexStep, out: &Path) -> Result<(), StepError> {
    let failed = |error: ImageError| StepError::Image(Box::new(error));
    sage_oci_files::create_dir_all(out.join("blobs/sha256"))?;
    let (mut manifests, mut common) = (Vec::new(), None);
    for (architecture, folder) in &step.images {
        let layout = LayoutDir::open(folder)
            .map_err(|error| StepError::Document { path: folder.into(), why: error.to_string() })?;
        let image = Image::open(&layout, *architecture).map_err(failed)?;
        common = Some(match common {
            None => image.manifest.annotations.clone(),
            Some(common) => agreed(common, &image.manifest.annotations),
        });
        let documents = [image.descriptor.digest, image.manifest.config.digest];
        let lock = image.manifest.annotations.get(LOCK).and_then(|digest| BlobDigest::parse(digest).ok());
        for digest in image.layers.iter().map(|layer| layer.descriptor.digest).chain(documents).chain(lock) {
            let (blob, link) = (Path::new(folder).join(blob_path(&digest)), out.join(blob_path(&digest)));
            // A layer that two architectures share is one blob.
            if !sage_oci_files::exists(&link)? {
                // Straight to the layer's own store path, where the image's layout has a link itself.
                sage_oci_files::symlink(sage_oci_files::read_link(&blob).unwrap_or(blob), link)?;
            }
        }
        manifests.push(image.descriptor);
    }
    let made = assemble_index(manifests, common.unwrap_or_default()).map_err(failed)?;
    sage_oci_files::write_new(out.join(blob_path(&made.descriptor.digest)), &made.image_index)?;
    sage_oci_files::write_new(out.join(OCI_LAYOUT), &OciLayout::bytes())?;
    sage_oci_files::write_new(out.join("index.json"), &made.layout_index)?;
    eprintln!("index {}: {} images, {}", step.name, step.images.len(), made.descriptor.digest);
    Ok(())
}
