use crate::{
    Descriptor, History, ImageConfig, ImageError, ImageSource, Index, Kind, LayerType, MAX_DOCUMENT, Manifest,
    MediaType, assemble, read_document,
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
    /// Reads the image for one architecture.
    ///
    /// An index need not name platforms: then the images' own configs say.
    ///
    /// # Errors
    ///
    /// No such platform in the index, a source that fails, or documents that do not fit each other.
    pub fn open(source: &dyn ImageSource, architecture: Architecture) -> Result<Self, ImageError> {
        let members = members(source)?;
        let mut present = Vec::new();
        for descriptor in members.iter().filter(|member| !member.is_foreign()) {
            match &descriptor.platform {
                Some(platform) if platform.is_linux(architecture) => return Self::read(source, descriptor),
                Some(platform) => present.push(platform.to_string()),
                None => {
                    let Some(image) = Self::read_if_image(source, descriptor)? else { continue };
                    if image.config.os == "linux" && image.config.architecture == architecture.debian() {
                        return Ok(image);
                    }
                    present.push(format!("{}/{}", image.config.os, image.config.architecture));
                }
            }
        }
        Err(ImageError::NoSuchPlatform {
            architecture: architecture.to_string(),
            present: if present.is_empty() { "nothing".to_owned() } else { present.join(", ") },
        })
    }

    /// Reads the image behind one descriptor of the index.
    ///
    /// # Errors
    ///
    /// It is no image, or its documents are damaged or do not fit each other.
    pub fn read(source: &dyn ImageSource, descriptor: &Descriptor) -> Result<Self, ImageError> {
        let (manifest, manifest_bytes) = read_manifest(source, descriptor)?;
        expect("the manifest's config", &manifest.config.media_type, Kind::Config)?;
        Self::with_manifest(source, descriptor, manifest, manifest_bytes)
    }

    /// The same; `None` where the manifest is that of something which is no image.
    ///
    /// # Errors
    ///
    /// Its documents are damaged or do not fit each other.
    pub fn read_if_image(source: &dyn ImageSource, descriptor: &Descriptor) -> Result<Option<Self>, ImageError> {
        let (manifest, manifest_bytes) = read_manifest(source, descriptor)?;
        if manifest.config.media_type.kind() != Kind::Config || manifest.rest.contains_key("artifactType") {
            return Ok(None);
        }
        Self::with_manifest(source, descriptor, manifest, manifest_bytes).map(Some)
    }

    fn with_manifest(
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

    /// The sum of the layers' blobs in bytes: what a pull moves.
    pub fn compressed_size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.descriptor.size).fold(0, u64::saturating_add)
    }
}

/// What a source is known by: the one manifest or image index that its own index names.
///
/// # Errors
///
/// A source that fails or is damaged, or one of several images.
pub fn whole(source: &dyn ImageSource) -> Result<Descriptor, ImageError> {
    let mut named = read_index(source)?.manifests;
    match (named.pop(), named.len()) {
        (Some(descriptor), 0) => Ok(descriptor),
        (None, _) => Err(ImageError::NoManifests),
        (Some(_), others) => Err(ImageError::Several { count: others + 1 }),
    }
}

/// How many indexes may lie in each other.
const MOST_INDEXES: usize = 4;

/// Everything that the index of a source names, and the indexes in it, whatever it is; indexes themselves are left out.
///
/// # Errors
///
/// A source that fails or is damaged, or indexes in indexes without an end.
pub fn members(source: &dyn ImageSource) -> Result<Vec<Descriptor>, ImageError> {
    let mut all = Vec::new();
    collect(source, read_index(source)?, 1, &mut all)?;
    Ok(all)
}

fn collect(source: &dyn ImageSource, index: Index, depth: usize, all: &mut Vec<Descriptor>) -> Result<(), ImageError> {
    for entry in index.manifests {
        if entry.media_type.kind() != Kind::Index {
            all.push(entry);
            continue;
        }
        if depth == MOST_INDEXES {
            return Err(ImageError::TooDeep { index: entry.digest, most: MOST_INDEXES });
        }
        let (index, _): (Index, _) = read_document(source, "index", &entry)?;
        expect_version("the image index", index.schema_version)?;
        expect("the image index", &index.media_type, Kind::Index)?;
        collect(source, index, depth + 1, all)?;
    }
    Ok(())
}

fn read_manifest(source: &dyn ImageSource, descriptor: &Descriptor) -> Result<(Manifest, Vec<u8>), ImageError> {
    expect("the index's entry", &descriptor.media_type, Kind::Manifest)?;
    let (manifest, bytes): (Manifest, _) = read_document(source, "manifest", descriptor)?;
    expect_version("the manifest", manifest.schema_version)?;
    expect("the manifest", &manifest.media_type, Kind::Manifest)?;
    Ok((manifest, bytes))
}

/// Reads and checks the index of a source.
fn read_index(source: &dyn ImageSource) -> Result<Index, ImageError> {
    let what = || "the index".to_owned();
    let bytes = source.index().map_err(|source| ImageError::Source { what: what(), source })?;
    if bytes.len() as u64 > MAX_DOCUMENT {
        return Err(ImageError::DocumentTooLarge { what: what(), most: MAX_DOCUMENT });
    }
    let index: Index = serde_json::from_slice(&bytes).map_err(|source| ImageError::Json { what: what(), source })?;
    expect_version("the index", index.schema_version)?;
    expect("the index", &index.media_type, Kind::Index)?;
    Ok(index)
}

fn expect(what: &str, found: &MediaType, expected: Kind) -> Result<(), ImageError> {
    if found.kind() == expected {
        return Ok(());
    }
    Err(ImageError::WrongType { what: what.to_owned(), expected: expected.name(), found: found.clone() })
}

fn expect_version(what: &str, found: u32) -> Result<(), ImageError> {
    if found == 2 {
        return Ok(());
    }
    let what = what.to_owned();
    Err(ImageError::WrongValue { what, field: "schemaVersion", found: found.to_string(), expected: "2" })
}

fn check_platform(descriptor: &Descriptor, config: &ImageConfig) -> Result<(), ImageError> {
    let Some(platform) = &descriptor.platform else { return Ok(()) };
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
    if layers > assemble::MAX_LAYERS {
        return Err(ImageError::TooManyLayers { count: layers, most: assemble::MAX_LAYERS });
    }
    let made: Vec<&History> = config.history.iter().filter(|entry| !entry.empty_layer).collect();
    // The specification makes history optional; one of another length says nothing of any layer.
    let by = |place: usize| match made.len() == layers {
        true => made[place].created_by.as_deref(),
        false => None,
    };
    let rows = manifest.layers.iter().zip(&config.rootfs.diff_ids).enumerate();
    rows.map(|(place, (descriptor, diff_id))| {
        let Some(layer_type) = descriptor.layer_type() else {
            let (what, found) = (format!("layer {}", descriptor.digest), descriptor.media_type.clone());
            return Err(ImageError::WrongType { what, expected: "a layer's", found });
        };
        let name = by(place).and_then(|by| by.strip_prefix(assemble::CREATED_BY)).map(str::to_owned);
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
