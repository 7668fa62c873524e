use crate::config::CREATED_BY;
use crate::{
    Descriptor, History, ImageConfig, ImageError, ImageSource, Kind, LayerType, MAX_LAYERS, Manifest, read_document,
};
use sage_oci_names::{Architecture, DiffId};

/// A layer as manifest and config describe it together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageLayer {
    /// The blob: digest, size and type.
    pub descriptor: Descriptor,
    /// How the blob is compressed.
    pub layer_type: LayerType,
    /// The digest of the uncompressed tar stream.
    pub diff_id: DiffId,
    /// The name in the layer plan, for images made by this project.
    pub name: Option<String>,
}

/// The documents of one image of a source: read, digests checked, held against each other.
///
/// The layers' blobs have not been read; that is [`crate::validate`]'s work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The manifest's descriptor in the index.
    pub descriptor: Descriptor,
    /// The manifest.
    pub manifest: Manifest,
    /// The manifest's bytes.
    pub manifest_bytes: Vec<u8>,
    /// The configuration.
    pub config: ImageConfig,
    /// The configuration's bytes.
    pub config_bytes: Vec<u8>,
    /// The layers, bottom first.
    pub layers: Vec<ImageLayer>,
}

impl Image {
    /// The image of a manifest that was read: its config is read, and both are held against each other.
    pub(crate) fn of(
        source: &dyn ImageSource,
        descriptor: &Descriptor,
        manifest: Manifest,
        manifest_bytes: Vec<u8>,
    ) -> Result<Self, ImageError> {
        let (config, config_bytes): (ImageConfig, _) = read_document(source, "config", &manifest.config)?;
        check_platform(descriptor, &config)?;
        let layers = pair(&manifest, &config)?;
        Ok(Self { descriptor: descriptor.clone(), manifest, manifest_bytes, config, config_bytes, layers })
    }

    /// The machine its config names, as `linux/amd64`.
    pub fn platform(&self) -> String {
        format!("{}/{}", self.config.os, self.config.architecture)
    }

    /// Whether it runs on Linux of that architecture, as its config says.
    pub fn is_linux(&self, architecture: Architecture) -> bool {
        self.config.os == "linux" && self.config.architecture == architecture.debian()
    }

    /// The sum of the layers' blobs in bytes: what a pull moves.
    pub fn compressed_size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.descriptor.size).fold(0, u64::saturating_add)
    }
}

fn check_platform(descriptor: &Descriptor, config: &ImageConfig) -> Result<(), ImageError> {
    let Some(platform) = descriptor.platform.as_ref().filter(|platform| platform.is_said()) else { return Ok(()) };
    if platform.os == config.os && platform.architecture == config.architecture {
        return Ok(());
    }
    Err(ImageError::PlatformMismatch {
        manifest: descriptor.digest,
        config: format!("{}/{}", config.os, config.architecture),
        index: platform.to_string(),
    })
}

/// Pairs the manifest's layers with the config's diff ids and, where it says as much, its history.
fn pair(manifest: &Manifest, config: &ImageConfig) -> Result<Vec<ImageLayer>, ImageError> {
    if config.rootfs.kind != "layers" {
        let (what, found) = ("the config".to_owned(), config.rootfs.kind.clone());
        return Err(ImageError::WrongValue { what, field: "rootfs.type", found, expected: "layers" });
    }
    let (layers, diff_ids) = (manifest.layers.len(), config.rootfs.diff_ids.len());
    if layers != diff_ids {
        return Err(ImageError::LayerCount { layers, diff_ids });
    }
    if layers > MAX_LAYERS {
        return Err(ImageError::TooManyLayers { count: layers, most: MAX_LAYERS });
    }
    let made: Vec<&History> = config.history.iter().filter(|entry| !entry.empty_layer).collect();
    // The specification makes history optional; one of another length says nothing of any layer.
    let by = |place: usize| match made.len() == layers {
        true => made[place].created_by.as_deref(),
        false => None,
    };
    let rows = manifest.layers.iter().zip(&config.rootfs.diff_ids).enumerate();
    rows.map(|(place, (descriptor, diff_id))| {
        let found = || descriptor.media_type.clone();
        let layer_type = match descriptor.media_type.kind() {
            Kind::Layer(layer) => layer,
            Kind::EncryptedLayer => {
                return Err(ImageError::Encrypted { layer: descriptor.digest, media_type: found() });
            }
            Kind::Index | Kind::Manifest | Kind::Config | Kind::Other => {
                let what = format!("layer {}", descriptor.digest);
                return Err(ImageError::WrongType { what, expected: "a layer's", found: found() });
            }
        };
        let name = by(place).and_then(|by| by.strip_prefix(CREATED_BY)).map(str::to_owned);
        Ok(ImageLayer { descriptor: descriptor.clone(), layer_type, diff_id: *diff_id, name })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn opening_gives_layers_with_names() {
        let (input, source) = testing::image(&["base", "top"]);
        let image = Image::open(&source, Architecture::Amd64).unwrap();
        let names: Vec<_> = image.layers.iter().map(|layer| layer.name.as_deref().unwrap()).collect();
        assert_eq!(names, ["base", "top"]);
        assert_eq!(image.layers[1].diff_id, input.layers[1].diff_id);
    }

    #[test]
    fn a_missing_platform_is_named() {
        let (_, source) = testing::image(&["base"]);
        let error = Image::open(&source, Architecture::Arm64).unwrap_err();
        assert_eq!(error.to_string(), "the index has no linux image for arm64; it has linux/amd64");
    }

    #[test]
    fn layers_and_diff_ids_must_agree_and_history_need_not() {
        let (_, source) = testing::image(&["base", "top"]);
        let image = Image::open(&source, Architecture::Amd64).unwrap();
        let mut config = image.config.clone();
        config.history[0].empty_layer = true;
        let layers = pair(&image.manifest, &config).unwrap();
        assert!(layers.iter().all(|layer| layer.name.is_none()));
        config.history.clear();
        assert_eq!(pair(&image.manifest, &config).unwrap(), layers);
        config.rootfs.diff_ids.pop();
        let error = pair(&image.manifest, &config).unwrap_err();
        assert!(matches!(error, ImageError::LayerCount { layers: 2, diff_ids: 1 }), "{error}");
    }
}
