use sage_oci_image::{Image, ImageSource, SourceError, digest_of};
use sage_oci_names::{Architecture, BlobDigest};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::{Arc, Mutex};

pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub const TAR: &str = "application/vnd.oci.image.layer.v1.tar";

/// Blobs and an index, put together by hand. It remembers which blobs were read to their end.
#[derive(Default)]
pub struct Place {
    pub index: Value,
    pub blobs: BTreeMap<BlobDigest, Vec<u8>>,
    read: Arc<Mutex<BTreeSet<BlobDigest>>>,
}

impl Place {
    /// Adds a document as some program wrote it, white space and all; gives its descriptor.
    pub fn add(&mut self, media_type: &str, document: &Value) -> Value {
        self.add_bytes(media_type, serde_json::to_vec_pretty(document).unwrap())
    }

    pub fn add_bytes(&mut self, media_type: &str, bytes: Vec<u8>) -> Value {
        let digest = digest_of(&bytes);
        let descriptor = json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() });
        self.blobs.insert(digest, bytes);
        descriptor
    }

    /// A manifest of these parts, changed as the caller says.
    pub fn manifest(&mut self, config: Value, layers: Value, change: impl FnOnce(&mut Value)) -> Value {
        let mut manifest = json!({ "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers });
        change(&mut manifest);
        let media_type = manifest["mediaType"].as_str().unwrap_or(OCI_MANIFEST).to_owned();
        self.add(&media_type, &manifest)
    }

    /// A configuration of amd64 for layers of these contents, with further keys.
    pub fn config(&mut self, media_type: &str, layers: &[&[u8]], more: &Value) -> Value {
        let diff_ids: Vec<_> = layers.iter().map(|layer| digest_of(layer)).collect();
        let mut config =
            json!({ "architecture": "amd64", "os": "linux", "rootfs": { "type": "layers", "diff_ids": diff_ids } });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.add(media_type, &config)
    }

    /// An image with one uncompressed layer.
    pub fn image(&mut self, manifest_type: &str, config: Value, change: impl FnOnce(&mut Value)) -> Value {
        let layer = b"a layer's tar";
        let (config_type, layer_type) = match manifest_type == DOCKER_MANIFEST {
            true => ("application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar"),
            false => (OCI_CONFIG, TAR),
        };
        let config = self.config(config_type, &[layer], &config);
        let layer = self.add_bytes(layer_type, layer.to_vec());
        self.manifest(config, json!([layer]), |manifest| {
            manifest["mediaType"] = json!(manifest_type);
            change(manifest);
        })
    }

    pub fn with_index(mut self, members: Vec<Value>) -> Self {
        self.index = json!({ "schemaVersion": 2, "manifests": members });
        self
    }

    pub fn open(&self) -> Image {
        Image::open(self, Architecture::Amd64).unwrap()
    }

    /// The blobs that nobody has read to their end since the last call.
    pub fn unread(&self) -> Vec<BlobDigest> {
        let read = std::mem::take(&mut *self.read.lock().unwrap());
        self.blobs.keys().filter(|digest| !read.contains(digest)).copied().collect()
    }

    /// Every place of one blob less, of one with another byte, and of one that is longer.
    pub fn damaged(&self) -> impl Iterator<Item = (BlobDigest, [Self; 3])> + '_ {
        self.blobs.iter().map(|(digest, bytes)| {
            let copy = || Self { index: self.index.clone(), blobs: self.blobs.clone(), read: Arc::default() };
            let (mut gone, mut other, mut longer) = (copy(), copy(), copy());
            gone.blobs.remove(digest);
            let changed = other.blobs.get_mut(digest).unwrap().last_mut().unwrap();
            *changed = changed.wrapping_add(1);
            longer.blobs.insert(*digest, [&bytes[..], b" "].concat());
            (*digest, [gone, other, longer])
        })
    }
}

/// A descriptor with further keys, or others.
pub fn with(mut descriptor: Value, keys: &Value) -> Value {
    descriptor.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    descriptor
}

pub fn digest(descriptor: &Value) -> BlobDigest {
    serde_json::from_value(descriptor["digest"].clone()).unwrap()
}

impl ImageSource for Place {
    fn index(&self) -> Result<Vec<u8>, SourceError> {
        Ok(serde_json::to_vec(&self.index)?)
    }

    fn blob(&self, digest: &BlobDigest) -> Result<Option<Box<dyn Read + Send>>, SourceError> {
        let Some(bytes) = self.blobs.get(digest).cloned() else { return Ok(None) };
        let (left, read) = (bytes.len(), Arc::clone(&self.read));
        Ok(Some(Box::new(Watched { bytes: std::io::Cursor::new(bytes), left, digest: *digest, read })))
    }

    fn blob_size(&self, digest: &BlobDigest) -> Result<Option<u64>, SourceError> {
        Ok(self.blobs.get(digest).map(|bytes| bytes.len() as u64))
    }
}

/// A blob that says when it was read to its end.
struct Watched {
    bytes: std::io::Cursor<Vec<u8>>,
    left: usize,
    digest: BlobDigest,
    read: Arc<Mutex<BTreeSet<BlobDigest>>>,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.left -= count;
        if self.left == 0 {
            self.read.lock().unwrap().insert(self.digest);
        }
        Ok(count)
    }
}
