use crate::{BuildError, LayerDocument};
use sage_oci_image::{ConfigSettings, Empty, ImageInput, OCI_LAYOUT, OciLayout, assemble};
use sage_oci_recipe::{ImageStep, RuntimeConfig};
use std::path::Path;

/// Writes the OCI layout of an [`ImageStep`] to `out`: blobs of layers are links to the layers' own store paths.
pub(crate) fn run(step: &ImageStep, out: &Path) -> Result<(), BuildError> {
    let failed = |error| BuildError::Image(Box::new(error));
    let documents =
        step.layers.iter().map(|layer| LayerDocument::read(Path::new(layer))).collect::<Result<Vec<_>, _>>()?;
    let epoch =
        i64::try_from(step.epoch).map_err(|_| BuildError::Spec { why: "the epoch is out of range".to_owned() })?;
    let input = ImageInput {
        architecture: step.architecture,
        epoch,
        layers: documents.iter().map(LayerDocument::layer_ref).collect(),
        config: settings(&step.config),
        annotations: step.annotations.clone(),
    };
    let made = assemble(&input).map_err(failed)?;
    let blobs = out.join("blobs/sha256");
    sage_oci_files::create_dir_all(&blobs)?;
    for (document, layer) in documents.iter().zip(&step.layers) {
        let link = blobs.join(document.blob.sha256().hex());
        // Two layers with the same bytes are one blob.
        if !sage_oci_files::exists(&link)? {
            sage_oci_files::symlink(Path::new(layer).join("blob"), link)?;
        }
    }
    for (digest, bytes) in [(made.config_digest, &made.config), (made.manifest_digest, &made.manifest)] {
        sage_oci_files::write_atomic(blobs.join(digest.sha256().hex()), bytes)?;
    }
    sage_oci_files::write_atomic(out.join(OCI_LAYOUT), &OciLayout::bytes())?;
    sage_oci_files::write_atomic(out.join("index.json"), &made.index)?;
    eprintln!("image {}: {} layers, {}", step.name, step.layers.len(), made.manifest_digest);
    Ok(())
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
