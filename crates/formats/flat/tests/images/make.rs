//! Layers as any program may write them, and images of these in memory.

use sage_oci_image::{ConfigSettings, Image, ImageInput, LayerRef, LayerType, MemoryImage, assemble, digest_of};
use sage_oci_names::{Architecture, DiffId, LayerName};
use std::collections::BTreeMap;

/// An entry of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    File(Vec<u8>),
    Directory(u32),
    Symlink(String),
    HardLink(String),
    Whiteout,
    Opaque,
}

/// A layer: names in the order of its archive.
#[derive(Debug, Clone, Default)]
pub struct Tar(pub Vec<(String, Item, BTreeMap<String, String>)>);

impl Tar {
    pub fn with(mut self, name: &str, item: Item) -> Self {
        self.0.push((name.to_owned(), item, BTreeMap::new()));
        self
    }

    pub fn file(self, name: &str, content: &str) -> Self {
        self.with(name, Item::File(content.as_bytes().to_vec()))
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, item, xattrs) in &self.0 {
            let records: Vec<(String, Vec<u8>)> =
                xattrs.iter().map(|(key, value)| (format!("SCHILY.xattr.{key}"), value.clone().into_bytes())).collect();
            tar.append_pax_extensions(records.iter().map(|(key, value)| (key.as_str(), value.as_slice()))).unwrap();
            let mut header = tar::Header::new_ustar();
            header.set_mode(if let Item::Directory(mode) = item { *mode } else { 0o644 });
            header.set_mtime(1_700_000_000);
            header.set_size(0);
            header.set_uid(0);
            header.set_gid(0);
            let (parent, last) = name.rsplit_once('/').map_or(("", name.as_str()), |(parent, last)| (parent, last));
            let within =
                |folder: &str, file: &str| if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
            match item {
                Item::File(content) => {
                    header.set_size(content.len() as u64);
                    tar.append_data(&mut header, name, &content[..]).unwrap();
                }
                Item::Directory(_) => {
                    header.set_entry_type(tar::EntryType::Directory);
                    tar.append_data(&mut header, format!("{name}/"), &[][..]).unwrap();
                }
                Item::Symlink(target) => {
                    header.set_entry_type(tar::EntryType::Symlink);
                    tar.append_link(&mut header, name, target).unwrap();
                }
                Item::HardLink(target) => {
                    header.set_entry_type(tar::EntryType::Link);
                    tar.append_link(&mut header, name, target).unwrap();
                }
                Item::Whiteout => {
                    tar.append_data(&mut header, within(parent, &format!(".wh.{last}")), &[][..]).unwrap();
                }
                Item::Opaque => tar.append_data(&mut header, within(name, ".wh..wh..opq"), &[][..]).unwrap(),
            }
        }
        tar.into_inner().unwrap()
    }
}

/// An image of layers, each with a name.
pub fn image(layers: &[(&str, &Tar)]) -> (MemoryImage, Image) {
    let blobs: Vec<Vec<u8>> = layers.iter().map(|(_, tar)| tar.bytes()).collect();
    let layer = |(name, blob): (&str, &Vec<u8>)| {
        let digest = digest_of(blob);
        LayerRef {
            name: LayerName::parse(name).unwrap(),
            diff_id: DiffId::new(digest.sha256()),
            blob: digest,
            size: blob.len() as u64,
            media_type: LayerType::Tar,
        }
    };
    let input = ImageInput {
        architecture: Architecture::Amd64,
        epoch: 1_700_000_000,
        layers: layers.iter().map(|(name, _)| *name).zip(&blobs).map(layer).collect(),
        config: ConfigSettings::default(),
        annotations: BTreeMap::new(),
        below: None,
    };
    let source = MemoryImage::new(&assemble(&input).unwrap(), blobs);
    let image = Image::open(&source, Architecture::Amd64).unwrap();
    (source, image)
}
