use crate::{LayerDocument, StepError};
use sage_oci_image::{
    Assembled, ConfigSettings, Empty, ImageInput, OCI_LAYOUT, OciLayout, assemble, blob_path, digest_of,
};
use sage_oci_names::BlobDigest;
use sage_oci_step::{ImageStep, RuntimeConfig};
use std::path::{Path, PathBuf};

/// Writes the OCI layout of an [`ImageStep`] to `out`: blobs of layers are links to the layers' own store paths.
pub(crate) fn run(step: &ImageStep, out: &Path) -> Result<(), StepError> {
    let failed = |error| StepError::Image(Box::new(error));
    let documents =
        step.layers.iter().map(|layer| LayerDocument::read(Path::new(layer))).collect::<Result<Vec<_>, _>>()?;
    let epoch =
        i64::try_from(step.epoch).map_err(|_| StepError::Spec { why: "the epoch is out of range".to_owned() })?;
    let input = ImageInput {
        architecture: step.architecture,
        epoch,
        layers: documents.iter().map(LayerDocument::layer_ref).collect(),
        config: settings(&step.config),
        annotations: step.annotations.clone(),
        below: None,
    };
    let made = assemble(&input).map_err(failed)?;
    let blobs: Vec<(BlobDigest, BlobAt)> = documents
        .iter()
        .zip(&step.layers)
        .map(|(document, layer)| (document.blob, BlobAt::Link(Path::new(layer).join("blob"))))
        .collect();
    write_layout(out, &made, &blobs)?;
    // Beside the image and not in it: `index.json` has this one image, or programs that copy layouts take none.
    let lock = step.lock.as_bytes();
    sage_oci_files::write_new(out.join(blob_path(&digest_of(lock))), lock)?;
    eprintln!("image {}: {} layers, {}", step.name, step.layers.len(), made.manifest_digest);
    Ok(())
}

/// Where a layer's blob is.
pub(crate) enum BlobAt {
    /// In the layout already.
    There,
    /// In another store path; the layout gets a link.
    Link(PathBuf),
}

/// Writes everything of a layout but blobs that are there.
pub(crate) fn write_layout(out: &Path, made: &Assembled, layers: &[(BlobDigest, BlobAt)]) -> Result<(), StepError> {
    let blobs = out.join("blobs/sha256");
    sage_oci_files::create_dir_all(&blobs)?;
    for (digest, at) in layers {
        let path = blobs.join(digest.sha256().hex());
        // Two layers with the same bytes are one blob.
        if let BlobAt::Link(target) = at
            && !sage_oci_files::exists(&path)?
        {
            sage_oci_files::symlink(target, path)?;
        }
    }
    for (digest, bytes) in [(made.config_digest, &made.config), (made.manifest_digest, &made.manifest)] {
        sage_oci_files::write_new(blobs.join(digest.sha256().hex()), bytes)?;
    }
    sage_oci_files::write_new(out.join(OCI_LAYOUT), &OciLayout::bytes())?;
    Ok(sage_oci_files::write_new(out.join("index.json"), &made.index)?)
}

fn settings(config: &RuntimeConfig) -> ConfigSettings {
    let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    ConfigSettings {
        user: text(&config.user),
        working_dir: text(&config.working_dir),
        env: config.env.iter().map(|(name, value)| format!("{name}={value}")).collect(),
        entrypoint: config.entrypoint.clone(),
        cmd: config.cmd.clone(),
        exposed_ports: config.ports.iter().map(|port| (port.clone(), Empty {})).collect(),
        labels: config.labels.clone(),
        stop_signal: text(&config.stop_signal),
        ..ConfigSettings::default()
    }
}
