use super::ClosureBuildError;
use super::base::{BaseImage, open_base};
use crate::image::{BlobAt, write_layout};
use crate::{LayerDocument, StepError};
use sage_oci_image::{Assembled, Below, ConfigSettings, Empty, ImageInput, LayerRef, assemble, blob_path};
use sage_oci_names::BlobDigest;
use sage_oci_step::{ClosureImage, ClosureImageStep, Nothing, OciConfig};
use std::collections::BTreeMap;
use std::path::Path;

/// Does a [`ClosureImageStep`]: an OCI layout whose blobs are links to the layers' own store paths.
pub(crate) fn run(step: &ClosureImageStep, out: &Path) -> Result<(), StepError> {
    let image = &step.image;
    let base =
        image.from_image.as_ref().map(|path| open_base(Path::new(path.as_str()), image.architecture)).transpose()?;
    let documents = step
        .layers
        .iter()
        .map(|layer| LayerDocument::read(Path::new(layer.as_str())))
        .collect::<Result<Vec<_>, _>>()?;
    let made = documents_of(image, base.as_ref(), documents.iter().map(LayerDocument::layer_ref).collect())?;
    let mut blobs = base_blobs(base.as_ref())?;
    for (document, layer) in documents.iter().zip(&step.layers) {
        blobs.push((document.blob, BlobAt::Link(Path::new(layer.as_str()).join("blob"))));
    }
    write_layout(out, &made, &blobs)?;
    tell(image, &made, blobs.len());
    Ok(())
}

/// One line for the build's log.
pub(crate) fn tell(image: &ClosureImage, made: &Assembled, layers: usize) {
    eprintln!("image {}: {layers} layers, {}", image.name, made.manifest_digest);
}

/// The documents of an image with these layers on top of the base image's.
pub(crate) fn documents_of(
    image: &ClosureImage,
    base: Option<&BaseImage>,
    own: Vec<LayerRef>,
) -> Result<Assembled, StepError> {
    let failed = |error| StepError::Image(Box::new(error));
    let epoch =
        i64::try_from(image.created).map_err(|_| StepError::Spec { why: "the epoch is out of range".to_owned() })?;
    let config = settings(image, base.map(|base| &base.image.config.config));
    let annotations = image.annotations.clone();
    let below = base.map(|base| Below::of(&base.image));
    let input = ImageInput { architecture: image.architecture, epoch, layers: own, config, annotations, below };
    assemble(&input).map_err(failed)
}

/// The base image's blobs, as links to where they really are.
pub(crate) fn base_blobs(base: Option<&BaseImage>) -> Result<Vec<(BlobDigest, BlobAt)>, StepError> {
    let Some(base) = base else { return Ok(Vec::new()) };
    let link = |layer: &sage_oci_image::ImageLayer| {
        let digest = layer.descriptor.digest;
        let path = base.source.path().join(blob_path(&digest));
        let real = sage_oci_files::real_path(&path)
            .map_err(|error| ClosureBuildError::Base { path: path.display().to_string(), source: error.into() })?;
        Ok((digest, BlobAt::Link(real)))
    };
    base.image.layers.iter().map(link).collect()
}

/// How a container starts: what the image says, and where it says nothing, what the base image does.
///
/// As in a Dockerfile, variables, ports, volumes and labels of the base stay unless they are set again, and an entry
/// point of one's own drops the base's command. What this program has no word for (`Healthcheck`, `OnBuild`, `Shell`, keys of vendors)
/// stays as it is.
fn settings(image: &ClosureImage, base: Option<&ConfigSettings>) -> ConfigSettings {
    let OciConfig { user, exposed_ports, env, entrypoint, cmd, volumes, working_dir, labels, stop_signal } =
        image.config.clone();
    let empty = |map: BTreeMap<String, Nothing>| map.into_keys().map(|key| (key, Empty {}));
    let mut all = base.cloned().unwrap_or_default();
    let own_user = image.user.as_ref().map(|user| format!("{}:{}", user.uid, user.gid()));
    all.user = user.or(own_user).or(all.user);
    all.exposed_ports.extend(empty(exposed_ports));
    all.volumes.extend(empty(volumes));
    all.labels.extend(labels);
    all.working_dir = working_dir.or(all.working_dir);
    all.stop_signal = stop_signal.or(all.stop_signal);
    if !entrypoint.is_empty() {
        (all.entrypoint, all.cmd) = (entrypoint, Vec::new());
    }
    if !cmd.is_empty() {
        all.cmd = cmd;
    }
    let name = |text: &str| text.split('=').next().unwrap_or_default().to_owned();
    all.env.retain(|old| !env.iter().any(|new| name(new) == name(old)));
    all.env.extend(env);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_names::Architecture;

    #[test]
    fn a_base_images_settings_are_kept_as_a_dockerfile_would() {
        let text = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let base = ConfigSettings {
            env: text(&["PATH=/bin", "A=1"]),
            cmd: text(&["sh"]),
            user: Some("9".to_owned()),
            working_dir: Some("/w".to_owned()),
            ..ConfigSettings::default()
        };
        let mut image = ClosureImage::new("x".parse().unwrap(), Architecture::Amd64);
        assert_eq!(settings(&image, Some(&base)), base);
        image.config.env = text(&["A=2"]);
        image.config.entrypoint = text(&["run"]);
        let made = settings(&image, Some(&base));
        assert_eq!((made.env, made.cmd, made.entrypoint), (text(&["PATH=/bin", "A=2"]), vec![], text(&["run"])));
        assert_eq!((made.user.as_deref(), made.working_dir.as_deref()), (Some("9"), Some("/w")));
    }
}
