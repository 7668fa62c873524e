use crate::manifest::or_null;
use crate::{Descriptor, ImageError, MediaType, canonical};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The name of the marker file of an image layout.
pub const OCI_LAYOUT: &str = "oci-layout";
/// The layout version this crate writes and reads.
pub const IMAGE_LAYOUT_VERSION: &str = "1.0.0";

/// The marker file of an image layout (OCI image spec, image layout).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OciLayout {
    /// The layout's version.
    pub image_layout_version: String,
}

impl OciLayout {
    /// The bytes of the marker file.
    pub fn bytes() -> Vec<u8> {
        canonical(&Self { image_layout_version: IMAGE_LAYOUT_VERSION.to_owned() })
    }
}

/// An image index: manifests, one for each platform (OCI image spec, index).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// Always 2; 2 is meant where it is left out.
    #[serde(default = "schema_version")]
    pub schema_version: u32,
    /// Always the index's own type.
    #[serde(default = "index_type")]
    pub media_type: MediaType,
    /// The manifests; some write `null` for none.
    #[serde(default, deserialize_with = "or_null")]
    pub manifests: Vec<Descriptor>,
    /// Facts about the index.
    #[serde(default, deserialize_with = "or_null", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// What others say beside, as `subject`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Some programs' `index.json` has no version, though the specification asks for one.
fn schema_version() -> u32 {
    2
}

/// The specification lets an index leave its own type out.
fn index_type() -> MediaType {
    MediaType::INDEX
}

impl Index {
    /// An index of these manifests, in this order, with these annotations.
    pub fn new(manifests: Vec<Descriptor>, annotations: BTreeMap<String, String>) -> Self {
        Self { schema_version: 2, media_type: MediaType::INDEX, manifests, annotations, rest: Map::new() }
    }
}

/// The documents of an image for several platforms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssembledIndex {
    /// The image index: what the image is known by. In a layout it is a blob.
    pub image_index: Vec<u8>,
    /// The descriptor of the image index.
    pub descriptor: Descriptor,
    /// The layout's own index, which names the image index alone: so whoever reads the layout takes it for one image.
    pub layout_index: Vec<u8>,
}

/// Joins manifests, each with its platform, to one image. The bytes depend on the input alone.
///
/// # Errors
///
/// No manifest, one without a platform, or two for the same platform.
pub fn assemble_index(
    manifests: Vec<Descriptor>,
    annotations: BTreeMap<String, String>,
) -> Result<AssembledIndex, ImageError> {
    let mut seen = Vec::new();
    for manifest in &manifests {
        let platform = manifest.platform.as_ref().map(|platform| format!("{}/{}", platform.os, platform.architecture));
        if platform.is_none() || seen.contains(&platform) {
            return Err(ImageError::Platforms { manifest: manifest.digest, platform });
        }
        seen.push(platform);
    }
    if manifests.is_empty() {
        return Err(ImageError::NoManifests);
    }
    let image_index = canonical(&Index::new(manifests, annotations));
    let descriptor = Descriptor::of(MediaType::INDEX, &image_index);
    let layout_index = canonical(&Index::new(vec![descriptor.clone()], BTreeMap::new()));
    Ok(AssembledIndex { image_index, descriptor, layout_index })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Depth, Image, MemoryImage, assemble, testing, validate, whole};
    use sage_oci_names::Architecture;

    /// An image for both architectures, and the descriptors of its manifests.
    fn both() -> (MemoryImage, AssembledIndex, Vec<Descriptor>) {
        let (mut input, blobs) = testing::input(&["base"]);
        let amd64 = assemble(&input).unwrap();
        input.architecture = Architecture::Arm64;
        let arm64 = assemble(&input).unwrap();
        let manifests = vec![amd64.descriptor.clone(), arm64.descriptor.clone()];
        let made = assemble_index(manifests.clone(), BTreeMap::from([("a".to_owned(), "b".to_owned())])).unwrap();
        let mut image = MemoryImage::new(&amd64, blobs.into_iter().chain([arm64.config, arm64.manifest]));
        image.replace(made.descriptor.digest, made.image_index.clone());
        image.set_index(made.layout_index.clone());
        (image, made, manifests)
    }

    #[test]
    fn golden_bytes() {
        let (_, made, manifests) = both();
        let expected = concat!(
            r#"{"annotations":{"a":"b"},"manifests":[{"digest":"ONE","mediaType":"application/vnd.oci.image.manifest.v1+json","#,
            r#""platform":{"architecture":"amd64","os":"linux"},"size":1S},{"digest":"TWO","#,
            r#""mediaType":"application/vnd.oci.image.manifest.v1+json","#,
            r#""platform":{"architecture":"arm64","os":"linux","variant":"v8"},"size":2S}],"#,
            r#""mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}"#
        );
        let expected = expected
            .replace("ONE", &manifests[0].digest.to_string())
            .replace("TWO", &manifests[1].digest.to_string())
            .replace("1S", &manifests[0].size.to_string())
            .replace("2S", &manifests[1].size.to_string());
        assert_eq!(String::from_utf8(made.image_index).unwrap(), expected);
        assert_eq!(made.descriptor.digest, crate::digest_of(expected.as_bytes()));
        let layout: Index = serde_json::from_slice(&made.layout_index).unwrap();
        assert_eq!(layout.manifests, [made.descriptor]);
    }

    #[test]
    fn each_platform_is_found_and_all_are_validated() {
        let (image, made, manifests) = both();
        assert_eq!(whole(&image).unwrap(), made.descriptor);
        assert_eq!(whole(&testing::image(&["base"]).1).unwrap(), manifests[0]);
        for (architecture, manifest) in [Architecture::Amd64, Architecture::Arm64].into_iter().zip(&manifests) {
            assert_eq!(Image::open(&image, architecture).unwrap().descriptor, *manifest);
        }
        let platforms: Vec<String> =
            validate(&image, Depth::Full).unwrap().images.into_iter().map(|image| image.platform).collect();
        assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    }

    #[test]
    fn a_changed_or_deeper_index_is_found() {
        let (mut image, made, manifests) = both();
        image.replace(made.descriptor.digest, b"{}".to_vec());
        assert!(matches!(validate(&image, Depth::Fast), Err(ImageError::SizeMismatch { .. })));

        let (mut image, made, _) = both();
        let mut wrapped = made.descriptor;
        for depth in 2..=5 {
            let bytes = canonical(&Index::new(vec![wrapped], BTreeMap::new()));
            wrapped = Descriptor::of(MediaType::INDEX, &bytes);
            image.replace(wrapped.digest, bytes);
            image.set_index(canonical(&Index::new(vec![wrapped.clone()], BTreeMap::new())));
            match validate(&image, Depth::Fast) {
                Ok(report) => assert!(report.images.len() == 2 && depth < 4),
                Err(error) => assert!(matches!(error, ImageError::TooDeep { most: 4, .. }) && depth >= 4, "{error}"),
            }
        }

        let (mut image, ..) = both();
        image.remove(&manifests[1].digest);
        let report = validate(&image, Depth::Fast).unwrap();
        assert_eq!((report.images.len(), &report.absent[..]), (1, &manifests[1..]));
        assert!(matches!(report.complete(), Err(ImageError::Absent { .. })));
    }

    #[test]
    fn platforms_are_there_and_differ() {
        let (_, _, manifests) = both();
        let join = |manifests| assemble_index(manifests, BTreeMap::new()).unwrap_err();
        assert!(matches!(join(Vec::new()), ImageError::NoManifests));
        let twice = vec![manifests[0].clone(); 2];
        assert_eq!(join(twice).to_string(), format!("manifest {} is the second for linux/amd64", manifests[0].digest));
        let bare = Descriptor { platform: None, ..manifests[0].clone() };
        assert!(matches!(join(vec![bare]), ImageError::Platforms { platform: None, .. }));
    }

    #[test]
    fn marker_is_the_one_of_the_specification() {
        assert_eq!(OciLayout::bytes(), br#"{"imageLayoutVersion":"1.0.0"}"#);
    }
}
