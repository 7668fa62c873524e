//! Images of chosen sizes, whose blobs are made while they are read.

use sage_oci_image::{
    Descriptor, HashingReader, ImageSource, Index, Manifest, MediaType, SourceError, canonical, digest_of,
};
use sage_oci_names::BlobDigest;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

/// Bytes that look like chance and are the same every time.
#[derive(Debug, Clone)]
pub struct Noise {
    seed: u64,
    place: u64,
    end: u64,
}

impl Noise {
    pub fn new(seed: u64, size: u64) -> Self {
        Self { seed, place: 0, end: size }
    }
}

/// The word at a place: a step and the finish of SplitMix64.
fn word(seed: u64, number: u64) -> [u8; 8] {
    let mut z = (seed.wrapping_mul(0xD1B5_4A32_D192_ED03) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)).to_le_bytes()
}

impl Read for Noise {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() && self.place < self.end {
            let (word, skip) = (word(self.seed, self.place / 8), (self.place % 8) as usize);
            let left = usize::try_from(self.end - self.place).unwrap_or(usize::MAX);
            let count = (8 - skip).min(buffer.len() - done).min(left);
            buffer[done..done + count].copy_from_slice(&word[skip..skip + count]);
            done += count;
            self.place += count as u64;
        }
        Ok(done)
    }
}

/// What is wrong with a layer on its way out of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Half of it comes.
    Short,
    /// After half of it nothing can be read.
    Unreadable,
    /// Other bytes come.
    Other,
}

/// An image, or an index over several.
#[derive(Debug, Default, Clone)]
pub struct Made {
    index: Vec<u8>,
    documents: BTreeMap<BlobDigest, Vec<u8>>,
    layers: BTreeMap<BlobDigest, (u64, u64)>,
    /// What it is known by.
    pub digest: String,
    /// Layers and configuration, in the order of the manifest.
    pub blobs: Vec<Descriptor>,
    damage: Option<(BlobDigest, Damage)>,
}

impl Made {
    /// An image with a configuration and layers of these sizes; those of another seed are other ones.
    pub fn image(seed: u64, sizes: &[u64]) -> Self {
        let mut made = Self::default();
        let descriptor = made.manifest(seed, sizes);
        made.known_by(descriptor)
    }

    /// An index over images of these seeds and sizes.
    pub fn index(members: &[(u64, &[u64])]) -> Self {
        let mut made = Self::default();
        let manifests: Vec<Descriptor> = members.iter().map(|(seed, sizes)| made.manifest(*seed, sizes)).collect();
        let bytes = canonical(&Index::new(manifests, BTreeMap::new()));
        let descriptor = Descriptor::of(MediaType::INDEX, &bytes);
        made.documents.insert(descriptor.digest, bytes);
        made.known_by(descriptor)
    }

    fn known_by(mut self, descriptor: Descriptor) -> Self {
        self.digest = descriptor.digest.to_string();
        self.index = canonical(&Index::new(vec![descriptor], BTreeMap::new()));
        self
    }

    fn manifest(&mut self, seed: u64, sizes: &[u64]) -> Descriptor {
        let mut layers = Vec::new();
        for (number, size) in sizes.iter().enumerate() {
            let seed = seed * 100 + number as u64;
            let mut reader = HashingReader::new(Noise::new(seed, *size));
            io::copy(&mut reader, &mut io::sink()).unwrap();
            let digest = BlobDigest::new(reader.finish());
            self.layers.insert(digest, (seed, *size));
            layers.push(Descriptor::new(
                MediaType::from("application/vnd.oci.image.layer.v1.tar".to_owned()),
                digest,
                *size,
            ));
        }
        let diff_ids: Vec<String> = layers.iter().map(|layer| format!("\"{}\"", layer.digest)).collect();
        let config = format!(
            r#"{{"architecture":"amd64","os":"linux","author":"{seed}","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
            diff_ids.join(",")
        );
        let config_of =
            Descriptor::of(MediaType::from("application/vnd.oci.image.config.v1+json".to_owned()), config.as_bytes());
        self.documents.insert(config_of.digest, config.into_bytes());
        self.blobs.extend(layers.iter().cloned().chain([config_of.clone()]));
        let manifest = Manifest {
            schema_version: 2,
            media_type: MediaType::MANIFEST,
            config: config_of,
            layers,
            annotations: BTreeMap::new(),
            rest: serde_json::Map::new(),
        };
        let bytes = canonical(&manifest);
        let descriptor = Descriptor::of(MediaType::MANIFEST, &bytes);
        self.documents.insert(descriptor.digest, bytes);
        descriptor
    }

    /// The same with something wrong with a layer.
    pub fn damaged(&self, digest: BlobDigest, damage: Damage) -> Self {
        Self { damage: Some((digest, damage)), ..self.clone() }
    }

    /// The sum of its blobs, in bytes.
    pub fn bytes(&self) -> u64 {
        self.blobs.iter().map(|blob| blob.size).sum()
    }

    /// The bytes of a blob or document.
    pub fn content(&self, digest: &BlobDigest) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.blob(digest).unwrap().unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(digest_of(&bytes), *digest);
        bytes
    }

    /// The bytes of its manifest or index.
    pub fn document(&self) -> Vec<u8> {
        self.content(&BlobDigest::parse(&self.digest).unwrap())
    }
}

struct Unreadable;

impl Read for Unreadable {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk is broken"))
    }
}

impl ImageSource for Made {
    fn index(&self) -> Result<Vec<u8>, SourceError> {
        Ok(self.index.clone())
    }

    fn blob(&self, digest: &BlobDigest) -> Result<Option<Box<dyn Read + Send>>, SourceError> {
        if let Some(bytes) = self.documents.get(digest) {
            return Ok(Some(Box::new(Cursor::new(bytes.clone()))));
        }
        let damage = self.damage.filter(|(damaged, _)| damaged == digest).map(|(_, damage)| damage);
        Ok(self.layers.get(digest).map(|(seed, size)| -> Box<dyn Read + Send> {
            match damage {
                Some(Damage::Short) => Box::new(Noise::new(*seed, size / 2)),
                Some(Damage::Unreadable) => Box::new(Noise::new(*seed, size / 2).chain(Unreadable)),
                Some(Damage::Other) => Box::new(Noise::new(seed + 7777, *size)),
                None => Box::new(Noise::new(*seed, *size)),
            }
        }))
    }

    fn blob_size(&self, digest: &BlobDigest) -> Result<Option<u64>, SourceError> {
        let document = self.documents.get(digest).map(|bytes| bytes.len() as u64);
        Ok(document.or_else(|| self.layers.get(digest).map(|(_, size)| *size)))
    }
}
