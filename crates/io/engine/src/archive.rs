use sage_oci_image::{Image, ImageLayer, OCI_LAYOUT, OciLayout, blob_path, docker_manifest, transport_index};
use sage_oci_names::BlobDigest;

/// What one load sends. The archive is an image layout and a Docker archive at once, so that every engine finds its own
/// half; or a Docker archive of plain layers alone, for engines that do not take the layers' compression.
#[derive(Debug, Clone)]
pub(crate) struct Archive {
    /// Small entries, in the order they are sent: path and bytes.
    pub documents: Vec<(String, Vec<u8>)>,
    /// The layers that are sent, bottom first, after the documents.
    pub layers: Vec<ImageLayer>,
    /// Whether the layers are decompressed on the way.
    pub plain: bool,
    /// Whether each layer's content is held against its diff id before it is sent; decompressed ones are in any case.
    pub check_content: bool,
    /// How many bytes of blobs are sent; of plain layers the compressed size is counted.
    pub sent_bytes: u64,
    /// How many bytes of blobs are left out.
    pub skipped_bytes: u64,
}

impl Archive {
    /// Lays out the archive of an image without its first `known` layers.
    pub fn new(image: &Image, known: usize, plain: bool, check_content: bool) -> Self {
        let config = image.manifest.config.digest;
        let names: Vec<_> = image.layers.iter().map(|layer| layer_digest(layer, plain)).collect();
        let mut documents = Vec::new();
        if !plain {
            documents.push((OCI_LAYOUT.to_owned(), OciLayout::bytes()));
            documents.push(("index.json".to_owned(), transport_index(&image.descriptor)));
            documents.push((blob_path(&image.descriptor.digest), image.manifest_bytes.clone()));
        }
        documents.push(("manifest.json".to_owned(), docker_manifest(&config, &names, &[])));
        documents.push((blob_path(&config), image.config_bytes.clone()));
        let (left_out, layers) = image.layers.split_at(known.min(image.layers.len()));
        let bytes = |layers: &[ImageLayer]| layers.iter().map(|layer| layer.descriptor.size).sum();
        Self {
            documents,
            plain,
            check_content,
            sent_bytes: bytes(layers),
            skipped_bytes: bytes(left_out),
            layers: layers.to_vec(),
        }
    }

    /// Where a layer lies in the archive.
    pub fn layer_path(&self, layer: &ImageLayer) -> String {
        blob_path(&layer_digest(layer, self.plain))
    }
}

/// The name of a layer's file: the digest of what the file holds.
fn layer_digest(layer: &ImageLayer, plain: bool) -> BlobDigest {
    if plain { BlobDigest::new(layer.diff_id.sha256()) } else { layer.descriptor.digest }
}

/// The header of a file in the archive. It holds nothing but name and size: the engine reads no more.
pub(crate) fn header(path: &str, size: u64) -> std::io::Result<[u8; 512]> {
    let mut header = tar::Header::new_ustar();
    header.set_path(path)?;
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    Ok(*header.as_bytes())
}
