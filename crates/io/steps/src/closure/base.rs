use super::ClosureBuildError;
use crate::StepError;
use sage_oci_image::{Image, ImageError, open_blob};
use sage_oci_layer::{EntryKind, LayerError, read_foreign_layer};
use sage_oci_layout::LayoutDir;
use sage_oci_names::{Architecture, StorePath};
use sage_oci_root::{Installed, Node, NodeKind, parents};
use sage_oci_step::BaseContents;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Files of the base whose text is needed: accounts are added to them.
const TEXTS: [&str; 2] = ["etc/passwd", "etc/group"];
/// The longest of them that is believed, in bytes.
const LONGEST: u64 = 1 << 20;

/// A base image's documents and where its blobs are.
#[derive(Debug)]
pub(crate) struct BaseImage {
    pub(crate) image: Image,
    pub(crate) source: LayoutDir,
}

/// A base image, as far as what is put on top depends on it.
#[derive(Debug)]
pub struct Base {
    /// What a plan depends on.
    pub contents: BaseContents,
    pub(crate) opened: BaseImage,
    /// Its directories and symbolic links.
    pub(crate) tree: Installed,
    /// Account files by path.
    pub(crate) texts: BTreeMap<String, String>,
}

/// Reads a base image's documents only.
pub(crate) fn open_base(folder: &Path, architecture: Architecture) -> Result<BaseImage, StepError> {
    let source = LayoutDir::open(folder).map_err(ClosureBuildError::from)?;
    let image = Image::open(&source, architecture).map_err(|error| failed(folder, error.into()))?;
    Ok(BaseImage { image, source })
}

/// Reads a base image: an OCI layout in a folder, this project's or another tool's. Every layer is decompressed once.
///
/// # Errors
/// The folder is no layout, has no image for the architecture, or a layer is damaged.
pub fn read_base(folder: &Path, architecture: Architecture) -> Result<Base, StepError> {
    let opened = open_base(folder, architecture)?;
    let mut found = Found::default();
    for layer in &opened.image.layers {
        let blob = open_blob(&opened.source, "layer", &layer.descriptor.digest)
            .map_err(|error| failed(folder, error.into()))?;
        let read = read_foreign_layer(blob, |entry, body| found.take(&entry.entry, body))
            .map_err(|error: LayerError| failed(folder, error.into()))?;
        if read.blob != layer.descriptor.digest {
            let error = ImageError::DigestMismatch { expected: layer.descriptor.digest, actual: read.blob };
            return Err(failed(folder, error.into()));
        }
        if read.diff_id != layer.diff_id {
            let (expected, actual) = (layer.diff_id, read.diff_id);
            let error = ImageError::DiffIdMismatch { blob: layer.descriptor.digest, expected, actual };
            return Err(failed(folder, error.into()));
        }
    }
    let Found { tree, texts, mut contents } = found;
    contents.layers = opened.image.layers.len();
    Ok(Base { contents, opened, tree, texts })
}

fn failed(folder: &Path, source: Box<dyn std::error::Error + Send + Sync>) -> StepError {
    ClosureBuildError::Base { path: folder.display().to_string(), source }.into()
}

#[derive(Default)]
struct Found {
    tree: Installed,
    texts: BTreeMap<String, String>,
    contents: BaseContents,
}

impl Found {
    fn take(&mut self, entry: &sage_oci_layer::Entry, body: &mut dyn Read) -> Result<(), LayerError> {
        let path = entry.path.as_str();
        self.note_store_path(path, entry.kind == EntryKind::Whiteout);
        if TEXTS.contains(&path) {
            self.texts.remove(path);
        }
        let kind = match &entry.kind {
            EntryKind::Directory => NodeKind::Directory,
            EntryKind::Symlink { target } => NodeKind::Symlink(target.clone()),
            EntryKind::Whiteout => {
                self.tree.remove(path);
                return Ok(());
            }
            EntryKind::File { .. } | EntryKind::HardLink { .. } => {
                if TEXTS.contains(&path) {
                    let mut bytes = Vec::new();
                    body.take(LONGEST).read_to_end(&mut bytes).map_err(|source| LayerError::Read { source })?;
                    self.texts.insert(path.to_owned(), String::from_utf8_lossy(&bytes).into_owned());
                }
                self.tree.remove(path);
                return Ok(());
            }
        };
        let node = Node { kind, mode: entry.mode, uid: entry.uid, gid: entry.gid, package: None };
        self.tree.insert(path.to_owned(), node);
        Ok(())
    }

    /// Remembers the store path that an entry is the top of.
    fn note_store_path(&mut self, path: &str, removed: bool) {
        if parents(path).count() > 3 {
            return;
        }
        if let Ok(store_path) = StorePath::parse(&format!("/{path}")) {
            if removed {
                self.contents.paths.remove(&store_path);
            } else {
                self.contents.paths.insert(store_path);
            }
        }
    }
}
