use crate::SavedError;
use crate::archive::{Archive, Part};
use sage_oci_files::FileError;
use sage_oci_image::{Descriptor, HashingReader, LayerType, MAX_DOCUMENT, MediaType, canonical, transport_index};
use sage_oci_names::{BlobDigest, DiffId};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{self, Read};

/// One image in `manifest.json` (Docker image spec 1.2, combined image JSON).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    config: String,
    layers: Vec<String>,
}

/// What is needed of a configuration.
#[derive(Deserialize)]
struct Config {
    rootfs: RootFs,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Vec<DiffId>,
}

/// An image of the older kind, with the documents that OCI would have for it.
#[derive(Debug)]
pub(crate) struct Classic {
    pub(crate) index: Vec<u8>,
    pub(crate) documents: BTreeMap<BlobDigest, Vec<u8>>,
    pub(crate) layers: BTreeMap<BlobDigest, Part>,
}

impl Classic {
    pub(crate) fn read(archive: &Archive) -> Result<Self, SavedError> {
        let absent = |name: &str| SavedError::Absent { name: name.to_owned() };
        let json = |name: &str, source| SavedError::Document { name: name.to_owned(), source };
        let name = "manifest.json";
        let bytes = document(archive, name)?.ok_or(SavedError::NoImage)?;
        let mut entries: Vec<Entry> = serde_json::from_slice(&bytes).map_err(|source| json(name, source))?;
        let (Some(entry), 0) = (entries.pop(), entries.len()) else {
            return Err(SavedError::Several { count: entries.len() + 1 });
        };
        let config = document(archive, &entry.config)?.ok_or_else(|| absent(&entry.config))?;
        let parsed: Config = serde_json::from_slice(&config).map_err(|source| json(&entry.config, source))?;
        let diff_ids = parsed.rootfs.diff_ids;
        if diff_ids.len() != entry.layers.len() {
            return Err(SavedError::LayerCount { diff_ids: diff_ids.len(), layers: entry.layers.len() });
        }
        let mut layers = BTreeMap::new();
        let mut descriptors = Vec::new();
        for (name, diff_id) in entry.layers.iter().zip(&diff_ids) {
            let part = archive.find(name).ok_or_else(|| absent(name))?;
            let digest = digest(&part, diff_id).map_err(FileError::at("read", name))?;
            descriptors.push(Descriptor::new(MediaType::layer(LayerType::Tar), digest, part.size()));
            layers.insert(digest, part);
        }
        let config_descriptor = Descriptor::of(MediaType::CONFIG, &config);
        let manifest = canonical(&json!({
            "schemaVersion": 2, "mediaType": MediaType::MANIFEST, "config": config_descriptor, "layers": descriptors,
        }));
        let descriptor = Descriptor::of(MediaType::MANIFEST, &manifest);
        let index = transport_index(&descriptor);
        let documents = [(config_descriptor.digest, config), (descriptor.digest, manifest)].into();
        Ok(Self { index, documents, layers })
    }
}

fn document(archive: &Archive, name: &str) -> Result<Option<Vec<u8>>, FileError> {
    let Some(part) = archive.find(name) else { return Ok(None) };
    let mut bytes = Vec::new();
    part.take(MAX_DOCUMENT).read_to_end(&mut bytes).map_err(FileError::at("read", name))?;
    Ok(Some(bytes))
}

/// The digest of a layer's file. Plain ones are what the configuration names; whoever reads them checks it. Only for one that is
/// compressed must it be computed.
fn digest(part: &Part, diff_id: &DiffId) -> io::Result<BlobDigest> {
    let mut start = Vec::new();
    part.clone().take(4).read_to_end(&mut start)?;
    if !start.starts_with(b"\x1f\x8b") && start != b"\x28\xb5\x2f\xfd" {
        return Ok(BlobDigest::new(diff_id.sha256()));
    }
    let mut reader = HashingReader::new(part.clone());
    io::copy(&mut reader, &mut io::sink())?;
    Ok(BlobDigest::new(reader.finish()))
}
