use crate::program;
use sage_oci_image::{Assembled, ConfigSettings, ImageInput, LayerRef, LayerType, MemoryImage, assemble};
use sage_oci_layer::{LayerWriter, Options};
use sage_oci_names::{Architecture, Compression, LayerName};
use sage_oci_tree::{Entry, EntryKind};
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
            let path = path.parse().expect("a path of an image");
            let entry = Entry { mode: *mode, ..Entry::new(path, kind) };
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

    #[test]
    fn the_same_layers_are_the_same_image_and_other_files_another_one() {
        let build =
            |content: &str| TinyImage::build(&[Layer::new("data").file("etc/data", content)], Compression::NONE);
        let (one, same, other) = (build("x"), build("x"), build("y"));
        assert_eq!(one.documents.manifest_digest, same.documents.manifest_digest);
        assert_ne!(one.documents.config_digest, other.documents.config_digest);
        // What is below is shared: an engine that has one needs only the top of the other.
        assert_eq!(one.input.layers[0].diff_id, other.input.layers[0].diff_id);
        assert_ne!(one.input.layers[1].diff_id, other.input.layers[1].diff_id);
    }

    #[test]
    fn its_compression_changes_blobs_and_no_content() {
        let layers = [Layer::new("data").file("etc/data", "x")];
        let [plain, gzip] =
            [Compression::NONE, Compression::usual(Algorithm::Gzip)].map(|way| TinyImage::build(&layers, way));
        assert_eq!(plain.input.layers[1].diff_id, gzip.input.layers[1].diff_id);
        assert_ne!(plain.input.layers[1].blob, gzip.input.layers[1].blob);
    }

    /// What other tests lean on: the program does what its first argument says.
    #[test]
    fn its_program_runs_here() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("tiny");
        sage_oci_fake_program::write_program(&place, program());
        let run = |arguments: &[&str]| {
            std::process::Command::new(&place).args(arguments).env("NAME", "a b").output().unwrap()
        };
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        assert_eq!(text(run(&["echo", "a b", "c"]).stdout), "a b\nc\n");
        let failed = run(&["exit", "7"]);
        assert_eq!((failed.status.code(), text(failed.stderr)), (Some(7), "leaving with 7\n".to_owned()));
        assert_eq!(text(run(&["env", "NAME"]).stdout), "a b\n");
        let file = folder.path().join("file");
        assert!(run(&["write", file.to_str().unwrap(), "text"]).status.success());
        assert_eq!(sage_oci_files::read_to_string(&file).unwrap(), "text");
        assert_ne!(run(&["no such command"]).status.code(), Some(0));
    }
}
