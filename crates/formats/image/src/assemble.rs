use crate::config::CREATED_BY;
use crate::{
    Below, ConfigSettings, Descriptor, History, ImageConfig, ImageError, Index, LayerType, MAX_LAYERS, Manifest,
    MediaType, Platform, RootFs, canonical,
};
use sage_oci_names::{Architecture, BlobDigest, DiffId, LayerName};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A finished layer, as the layer writer reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRef {
    /// The layer's name in the plan; it becomes the layer's history entry.
    pub name: LayerName,
    /// The digest of the uncompressed tar stream.
    pub diff_id: DiffId,
    /// The digest of the blob as stored.
    pub blob: BlobDigest,
    /// The blob's size in bytes.
    pub size: u64,
    /// How the blob is compressed.
    pub media_type: LayerType,
}

impl LayerRef {
    /// The descriptor of the layer's blob.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::new(MediaType::layer(self.media_type), self.blob, self.size)
    }
}

/// Everything an image's documents are made of. The layers lie bottom first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageInput {
    /// The machine the image is for.
    pub architecture: Architecture,
    /// The one time stamp, in seconds since 1970; it comes from the lock.
    pub epoch: i64,
    /// The layers, bottom first.
    pub layers: Vec<LayerRef>,
    /// How a container starts.
    pub config: ConfigSettings,
    /// Annotations of the manifest.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// The image whose layers lie below, whoever made it.
    #[serde(default)]
    pub below: Option<Below>,
}

/// The documents of an image of one platform, and their digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assembled {
    /// The image configuration.
    pub config: Vec<u8>,
    /// The manifest.
    pub manifest: Vec<u8>,
    /// An index of this one manifest.
    pub index: Vec<u8>,
    /// The digest of the configuration: the image Id of classic engines and podman.
    pub config_digest: BlobDigest,
    /// The digest of the manifest: what the image is known by.
    pub manifest_digest: BlobDigest,
    /// The manifest's descriptor with its platform, to be put into an index of several.
    pub descriptor: Descriptor,
}

/// Makes the documents of an image. The bytes depend on the input alone.
///
/// # Errors
///
/// No layers, more than [`MAX_LAYERS`], or an epoch outside the years 0 to 9999.
pub fn assemble(input: &ImageInput) -> Result<Assembled, ImageError> {
    let below = input.below.as_ref();
    let count = input.layers.len() + below.map_or(0, |below| below.layers.len());
    if count == 0 {
        return Err(ImageError::NoLayers);
    }
    if count > MAX_LAYERS {
        return Err(ImageError::TooManyLayers { count, most: MAX_LAYERS });
    }
    let created = rfc3339(input.epoch)?;
    let mut platform = Platform::linux(input.architecture);
    if let Some(below) = below {
        below.narrow(&mut platform);
    }
    let history = |layer: &LayerRef| History {
        created: Some(created.clone()),
        created_by: Some(format!("{CREATED_BY}{}", layer.name)),
        ..History::default()
    };
    let config = on_top(
        below.map(|below| ("history", &below.history[..])),
        &ImageConfig {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            variant: platform.variant.clone(),
            created: Some(created.clone()),
            config: input.config.clone(),
            rootfs: RootFs {
                kind: "layers".to_owned(),
                diff_ids: below
                    .into_iter()
                    .flat_map(|below| below.diff_ids.iter().copied())
                    .chain(input.layers.iter().map(|layer| layer.diff_id))
                    .collect(),
            },
            history: input.layers.iter().map(history).collect(),
            rest: below.map(|below| below.rest.clone()).unwrap_or_default(),
        },
    );
    let config_descriptor = Descriptor::of(MediaType::CONFIG, &config);
    let config_digest = config_descriptor.digest;
    let manifest = on_top(
        below.map(|below| ("layers", &below.layers[..])),
        &Manifest {
            schema_version: 2,
            media_type: MediaType::MANIFEST,
            config: config_descriptor,
            layers: input.layers.iter().map(LayerRef::descriptor).collect(),
            annotations: input.annotations.clone(),
            rest: Map::new(),
        },
    );
    let mut descriptor = Descriptor::of(MediaType::MANIFEST, &manifest);
    descriptor.platform = Some(platform);
    let index = canonical(&Index::new(vec![descriptor.clone()], BTreeMap::new()));
    Ok(Assembled { config, manifest, index, config_digest, manifest_digest: descriptor.digest, descriptor })
}

/// A document whose list of this name begins with what an image below says there, as it stands.
fn on_top<T: Serialize>(below: Option<(&str, &[Value])>, document: &T) -> Vec<u8> {
    let Some((list, below)) = below else { return canonical(document) };
    let mut document = serde_json::to_value(document).expect("documents have string keys and plain values");
    if let Some(own) = document.get_mut(list).and_then(Value::as_array_mut) {
        own.splice(0..0, below.iter().cloned());
    }
    canonical(&document)
}

/// Seconds since 1970 as RFC 3339 in UTC.
fn rfc3339(seconds: i64) -> Result<String, ImageError> {
    jiff::Timestamp::from_second(seconds)
        .map(|time| time.to_string())
        .ok()
        .filter(|text| text.len() == "1970-01-01T00:00:00Z".len())
        .ok_or(ImageError::Epoch { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn golden_bytes() {
        let (input, _) = testing::input(&["base"]);
        let made = assemble(&input).unwrap();
        let config = concat!(
            r#"{"architecture":"amd64","config":{"Cmd":["sage"],"Env":["LANG=C.UTF-8"],"ExposedPorts":{"8888/tcp":{}},"#,
            r#""User":"1000:1000"},"created":"2024-01-02T03:04:05Z","history":[{"created":"2024-01-02T03:04:05Z","#,
            r#""created_by":"sage-oci layer base"}],"os":"linux","rootfs":{"diff_ids":["DIFF"],"type":"layers"}}"#
        );
        let config = config.replace("DIFF", &input.layers[0].diff_id.to_string());
        assert_eq!(String::from_utf8(made.config.clone()).unwrap(), config);
        let manifest = concat!(
            r#"{"annotations":{"org.opencontainers.image.title":"t"},"config":{"digest":"CONFIG","#,
            r#""mediaType":"application/vnd.oci.image.config.v1+json","size":CSIZE},"layers":[{"digest":"BLOB","#,
            r#""mediaType":"application/vnd.oci.image.layer.v1.tar+zstd","size":LSIZE}],"#,
            r#""mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}"#
        );
        let manifest = manifest
            .replace("CONFIG", &made.config_digest.to_string())
            .replace("CSIZE", &config.len().to_string())
            .replace("BLOB", &input.layers[0].blob.to_string())
            .replace("LSIZE", &input.layers[0].size.to_string());
        assert_eq!(String::from_utf8(made.manifest).unwrap(), manifest);
        assert_eq!(made.config_digest, crate::digest_of(config.as_bytes()));
        assert_eq!(made.manifest_digest, crate::digest_of(manifest.as_bytes()));
    }

    #[test]
    fn arm64_has_its_variant() {
        let (mut input, _) = testing::input(&["base"]);
        input.architecture = Architecture::Arm64;
        let made = assemble(&input).unwrap();
        assert!(String::from_utf8(made.config).unwrap().contains(r#""variant":"v8""#));
        assert!(made.descriptor.platform.unwrap().is_linux(Architecture::Arm64));
    }

    #[test]
    fn limits() {
        let (mut input, _) = testing::input(&["base"]);
        input.epoch = i64::MAX;
        assert!(matches!(assemble(&input), Err(ImageError::Epoch { .. })));
        input.epoch = 0;
        input.layers = vec![input.layers[0].clone(); MAX_LAYERS + 1];
        assert!(matches!(assemble(&input), Err(ImageError::TooManyLayers { count: 128, .. })));
        input.layers.clear();
        assert!(matches!(assemble(&input), Err(ImageError::NoLayers)));
    }
}
