use crate::{Descriptor, MediaType, canonical};
use serde::{Deserialize, Serialize};
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
    /// Always 2.
    pub schema_version: u32,
    /// Always the index's own type.
    #[serde(default = "index_type")]
    pub media_type: MediaType,
    /// The manifests.
    pub manifests: Vec<Descriptor>,
    /// Facts about the index.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// The specification lets an index leave its own type out.
fn index_type() -> MediaType {
    MediaType::Index
}

impl Index {
    /// An index of these manifests, in this order, with these annotations.
    pub fn new(manifests: Vec<Descriptor>, annotations: BTreeMap<String, String>) -> Self {
        Self { schema_version: 2, media_type: MediaType::Index, manifests, annotations }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marker_is_the_one_of_the_specification() {
        assert_eq!(OciLayout::bytes(), br#"{"imageLayoutVersion":"1.0.0"}"#);
    }
}
