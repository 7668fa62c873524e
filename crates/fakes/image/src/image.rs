use crate::program;
use sage_oci_image::{Assembled, ConfigSettings, ImageInput, LayerRef, LayerType, MemoryImage, assemble};
use sage_oci_layer::{Entry, EntryKind, LayerWriter, Options};
use sage_oci_names::{Architecture, Compression, LayerName};
use std::collections::BTreeMap;

/// A layer of a tiny image: files by path.
#[derive(Debug, Clone)]
pub struct Layer {
    name: String,
    files: BTreeMap<String, (u32, Vec<u8>)>,
}

impl Layer {
    /// A layer without files.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), files: BTreeMap::new() }
    }

    /// The layer that holds `/bin/tiny`.
    pub fn with_program() -> Self {
        let mut layer = Self::new("program");
        layer.files.insert("bin/tiny".to_owned(), (0o755, program().to_vec()));
        layer
    }

    /// Adds a plain file.
    pub fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.to_owned(), (0o644, content.into()));
        self
    }

    fn write(&self, compression: Compression) -> (LayerRef, Vec<u8>) {
        let options = Options { epoch: 1_700_000_000, compression, threads: 1 };
        let mut writer = LayerWriter::new(Vec::new(), options).expect("a writer");
        for (path, (mode, content)) in &self.files {
            let kind = EntryKind::File { size: content.len() as u64 };
            let entry = Entry { path: path.clone(), kind, mode: *mode, uid: 0, gid: 0, xattrs: BTreeMap::new() };
            writer.append(&entry, &mut &content[..]).expect("an entry is written");
        }
        let (blob, info) = writer.finish().expect("the layer ends");
        let layer = LayerRef {
            name: LayerName::parse(&self.name).expect("a layer name"),
            diff_id: info.diff_id,
            blob: info.blob,
            size: info.size,
            media_type: LayerType::parse(info.media_type).expect("a layer's media type"),
        };
        (layer, blob)
    }
}

/// A tiny image, its documents and layers in memory.
#[derive(Debug, Clone)]
pub struct TinyImage {
    /// What it was assembled from.
    pub input: ImageInput,
    /// Its documents.
    pub documents: Assembled,
    /// The place it lives in.
    pub source: MemoryImage,
}

impl TinyImage {
    /// Builds an image of these layers, bottom first, with [`Layer::with_program`] below them all. Its command is
    /// `tiny echo hello`, its environment `TINY=yes`.
    pub fn build(layers: &[Layer], compression: Compression) -> Self {
        let program = Layer::with_program();
        let (refs, blobs): (Vec<_>, Vec<_>) =
            std::iter::once(&program).chain(layers).map(|layer| layer.write(compression)).unzip();
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let input = ImageInput {
            architecture: Architecture::host().expect("a supported machine"),
            epoch: 1_700_000_000,
            layers: refs,
            config: ConfigSettings {
                cmd: words(&["/bin/tiny", "echo", "hello"]),
                env: words(&["PATH=/bin", "TINY=yes"]),
                ..ConfigSettings::default()
            },
            annotations: BTreeMap::new(),
            below: None,
        };
        let documents = assemble(&input).expect("the image is assembled");
        let source = MemoryImage::new(&documents, blobs);
        Self { input, documents, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_image::{Depth, validate};
    use sage_oci_names::Algorithm;

    #[test]
    fn it_is_a_valid_image() {
        let layers = [Layer::new("data").file("etc/data", "x")];
        for compression in [Algorithm::None, Algorithm::Gzip, Algorithm::Zstd].map(Compression::usual) {
            let image = TinyImage::build(&layers, compression);
            assert_eq!(validate(&image.source, Depth::Full).unwrap().images[0].layers, 2);
        }
    }
}
