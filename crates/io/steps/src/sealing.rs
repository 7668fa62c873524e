use crate::StepError;
use sage_oci_image::{LayerRef, LayerType, canonical};
use sage_oci_layer::LayerInfo;
use sage_oci_names::{Algorithm, BlobDigest, Compression, DiffId, LayerName};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file beside a layer's blob that says what the blob is.
const DOCUMENT: &str = "layer.json";

/// A finished layer, as the file `layer.json` describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerDocument {
    /// The layer's name.
    pub name: LayerName,
    /// The digest of the tar stream.
    pub diff_id: DiffId,
    /// The digest of the blob.
    pub blob: BlobDigest,
    /// The size of the blob in bytes.
    pub size: u64,
    /// The size of the tar stream in bytes.
    pub unpacked_size: u64,
    /// How the blob is compressed.
    pub media_type: LayerType,
}

impl LayerDocument {
    /// Reads the document in a layer's output folder.
    pub fn read(layer: &Path) -> Result<Self, StepError> {
        let path = layer.join(DOCUMENT);
        let bytes = sage_oci_files::read(&path)?;
        serde_json::from_slice(&bytes).map_err(|error| StepError::Document { path, why: error.to_string() })
    }

    /// The part of it that an image is made of.
    pub fn layer_ref(&self) -> LayerRef {
        let Self { name, diff_id, blob, size, media_type, .. } = self.clone();
        LayerRef { name, diff_id, blob, size, media_type }
    }
}

pub(crate) fn write_layer_document(name: &LayerName, info: &LayerInfo, out: &Path) -> Result<(), StepError> {
    let document = LayerDocument {
        name: name.clone(),
        diff_id: info.diff_id,
        blob: info.blob,
        size: info.size,
        unpacked_size: info.unpacked_size,
        media_type: layer_type(info.compression),
    };
    Ok(sage_oci_files::write_new(out.join(DOCUMENT), &canonical(&document))?)
}

/// The media type of a layer that is stored so.
pub(crate) fn layer_type(compression: Compression) -> LayerType {
    match compression.algorithm() {
        Algorithm::None => LayerType::Tar,
        Algorithm::Gzip => LayerType::Gzip,
        Algorithm::Zstd => LayerType::Zstd,
    }
}
