use super::ClosureBuildError;
use super::permissions::{Meta, Permissions};
use super::tree::{self, Node, OnDisk};
use super::twins::twins;
use crate::StepError;
use sage_oci_derivation::{DerivationError, DigestWriter, NarFile, NarHash, NarWriter};
use sage_oci_layer::{LayerError, LayerWriter};
use sage_oci_names::LayerName;
use sage_oci_root::absolute;
use sage_oci_step::{ClosurePath, Owner};
use sage_oci_tree::{Entry, EntryKind, Kind};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// Modes as Nix leaves them in its store.
const DIRECTORY: u32 = 0o555;
const EXECUTABLE: u32 = 0o555;
const FILE: u32 = 0o444;
/// The mode of a link says nothing.
pub(crate) const SYMLINK: u32 = 0o777;

/// Writes a store path into a layer and compares its NAR with what Nix's database says, in one walk.
pub(crate) fn write_path<W: Write>(
    layer: &LayerName,
    writer: &mut LayerWriter<W>,
    path: &ClosurePath,
    owner: Owner,
    permissions: &Permissions,
) -> Result<(), StepError> {
    let top = Path::new(path.path.as_str());
    let nodes = tree::list(top).map_err(|error| missing(error, path))?;
    let in_image = absolute(path.path.as_str())?;
    let image_path = |node: &Node| in_image.join(&node.below);
    let metas = nodes
        .iter()
        .map(|node| {
            let mode = match node.kind {
                Kind::Directory => DIRECTORY,
                Kind::Symlink(_) => SYMLINK,
                Kind::File(OnDisk { executable, .. }) => {
                    if executable {
                        EXECUTABLE
                    } else {
                        FILE
                    }
                }
            };
            permissions.apply(&image_path(node), &node.kind, mode, owner)
        })
        .collect::<Result<Vec<Meta>, _>>()?;
    let twins = twins(top, &nodes, &metas)?;

    let nar_failed = |source| nar_error(source, path);
    let layer_failed = |source| layer_error(source, layer, path);
    let mut nar = NarWriter::new(DigestWriter::default()).map_err(nar_failed)?;
    let mut open = 0;
    for (at, (node, meta)) in nodes.iter().zip(metas).enumerate() {
        let (name, depth) = (node.below.name(), node.below.depth());
        for _ in depth..open {
            nar.end_directory().map_err(nar_failed)?;
        }
        open = depth;
        let Meta { mode, uid, gid, xattrs } = meta;
        let entry = |kind| Entry { mode, uid, gid, xattrs, ..Entry::new(image_path(node), kind) };
        match &node.kind {
            Kind::Directory => {
                nar.directory(name).map_err(nar_failed)?;
                open += 1;
                writer.append_empty(&entry(EntryKind::Directory)).map_err(layer_failed)?;
            }
            Kind::Symlink(target) => {
                nar.symlink(name, target).map_err(nar_failed)?;
                writer.append_empty(&entry(EntryKind::Symlink { target: target.clone() })).map_err(layer_failed)?;
            }
            Kind::File(OnDisk { size, executable }) => {
                let file = sage_oci_files::open(node.on_disk(top))?;
                if let Some(twin) = twins.get(&at) {
                    nar.file(name, *executable, *size, file).map_err(nar_failed)?;
                    let target = image_path(&nodes[*twin]);
                    writer.append_empty(&entry(EntryKind::HardLink { target })).map_err(layer_failed)?;
                } else {
                    let mut both = Both { file, nar: nar.begin_file(name, *executable, *size).map_err(nar_failed)? };
                    writer.append(&entry(EntryKind::File { size: *size }), &mut both).map_err(layer_failed)?;
                    both.nar.end().map_err(nar_failed)?;
                }
            }
        }
    }
    for _ in 0..open {
        nar.end_directory().map_err(nar_failed)?;
    }
    let (sha256, size) = nar.finish().map_err(nar_failed)?.finish();
    compare(path, NarHash { sha256, size })
}

fn compare(path: &ClosurePath, found: NarHash) -> Result<(), StepError> {
    if (found.sha256, found.size) == (path.nar_sha256, path.nar_size) {
        return Ok(());
    }
    let why = format!(
        "its NAR has {} bytes and the digest {}, not {} and {}",
        found.size, found.sha256, path.nar_size, path.nar_sha256
    );
    Err(ClosureBuildError::Changed { path: path.path.clone(), why }.into())
}

/// Gives a file's bytes to the layer, and to the NAR in passing.
struct Both<'a> {
    file: File,
    nar: NarFile<'a, DigestWriter>,
}

impl Read for Both<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        // More than the file had before is an error of the layer as well, which says it in terms of the path.
        let _ = self.nar.write(&buffer[..count]);
        Ok(count)
    }
}

fn missing(error: StepError, path: &ClosurePath) -> StepError {
    match error {
        StepError::Files(error) if error.is_not_found() && error.path == Path::new(path.path.as_str()) => {
            ClosureBuildError::Missing { path: path.path.clone() }.into()
        }
        other => other,
    }
}

fn nar_error(source: DerivationError, path: &ClosurePath) -> StepError {
    let path = path.path.clone();
    match source {
        DerivationError::NarSize { .. } => {
            ClosureBuildError::Changed { path, why: format!("while it was read, {source}") }.into()
        }
        source => ClosureBuildError::Nar { path, source: Box::new(source) }.into(),
    }
}

fn layer_error(source: LayerError, layer: &LayerName, path: &ClosurePath) -> StepError {
    match source {
        LayerError::BodySize { .. } => {
            let why = format!("while it was read, {source}");
            ClosureBuildError::Changed { path: path.path.clone(), why }.into()
        }
        source => StepError::Layer { layer: layer.clone(), source: Box::new(source) },
    }
}
