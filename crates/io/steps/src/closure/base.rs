use super::ClosureBuildError;
use super::lower::{Lower, Seen};
use crate::StepError;
use sage_oci_image::{Image, ImageError, ImageLayer, open_blob};
use sage_oci_layer::{LayerError, read_foreign_layer};
use sage_oci_layout::LayoutDir;
use sage_oci_names::Architecture;
use sage_oci_root::Installed;
use sage_oci_step::BaseContents;
use sage_oci_tree::{EntryKind, ImagePath};
use std::collections::BTreeMap;
use std::error::Error;
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
    let mut lower = Lower::default();
    for layer in &opened.image.layers {
        let blob = open_blob(&opened.source, "layer", &layer.descriptor.digest)
            .map_err(|error| failed(folder, error.into()))?;
        let mut linked: Vec<(ImagePath, ImagePath)> = Vec::new();
        let read = read_foreign_layer(blob, |entry, body| {
            let is_wanted = TEXTS.contains(&entry.path.as_str());
            let text = match &entry.kind {
                EntryKind::File { .. } if is_wanted => Some(text(body)?),
                EntryKind::HardLink { target } if is_wanted => {
                    linked.push((entry.path.clone(), target.clone()));
                    None
                }
                _ => None,
            };
            lower.take(entry, text);
            Ok(())
        })
        .map_err(|error: LayerError| failed(folder, error.into()))?;
        for (path, target) in linked {
            if let Some(text) = text_at(&opened.source, layer, &target).map_err(|error| failed(folder, error))? {
                lower.link_text(path, text);
            }
        }
        lower.end_layer();
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
    let Seen { nodes: tree, texts, paths } = lower.finish();
    let texts = texts.iter().filter_map(|(path, kind)| Some((path.to_string(), kind.file()?.clone()))).collect();
    let paths = paths.iter().filter_map(|(_, kind)| kind.file().cloned()).collect();
    let contents = BaseContents { layers: opened.image.layers.len(), paths };
    Ok(Base { contents, opened, tree, texts })
}

fn failed(folder: &Path, source: Box<dyn Error + Send + Sync>) -> StepError {
    ClosureBuildError::Base { path: folder.display().to_string(), source }.into()
}

fn text(body: &mut dyn Read) -> Result<String, LayerError> {
    let mut bytes = Vec::new();
    body.take(LONGEST).read_to_end(&mut bytes).map_err(|source| LayerError::Read { source })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The text of a file that a hard link of its layer names. The link stands behind it, so the layer is read anew: hardly one has such links.
fn text_at(
    source: &LayoutDir,
    layer: &ImageLayer,
    path: &ImagePath,
) -> Result<Option<String>, Box<dyn Error + Send + Sync>> {
    let mut found = None;
    let blob = open_blob(source, "layer", &layer.descriptor.digest)?;
    read_foreign_layer(blob, |entry, body| {
        if entry.path == *path && matches!(entry.kind, EntryKind::File { .. }) {
            found = Some(text(body)?);
        }
        Ok::<_, LayerError>(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_image::{
        ConfigSettings, ImageInput, LayerRef, LayerType, OCI_LAYOUT, OciLayout, assemble, blob_path, digest_of,
    };
    use sage_oci_names::{DiffId, LayerName};

    /// Accounts that are another name of a file were taken for an empty file.
    #[test]
    fn accounts_that_are_hard_links_are_read() {
        let mut tar = tar::Builder::new(Vec::new());
        let header = |size, kind| {
            let mut header = tar::Header::new_ustar();
            header.set_size(size);
            header.set_mode(0o644);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mtime(0);
            header.set_entry_type(kind);
            header
        };
        tar.append_data(&mut header(5, tar::EntryType::Regular), "ostree/object", &b"root:"[..]).unwrap();
        tar.append_data(&mut header(6, tar::EntryType::Regular), "etc/group", &b"users:"[..]).unwrap();
        tar.append_link(&mut header(0, tar::EntryType::Link), "etc/passwd", "ostree/object").unwrap();
        let bytes = tar.into_inner().unwrap();
        let digest = digest_of(&bytes);
        let layer = LayerRef {
            name: LayerName::parse("x").unwrap(),
            diff_id: DiffId::new(digest.sha256()),
            blob: digest,
            size: bytes.len() as u64,
            media_type: LayerType::Tar,
        };
        let (config, annotations) = (ConfigSettings::default(), BTreeMap::new());
        let architecture = Architecture::Amd64;
        let made =
            assemble(&ImageInput { architecture, epoch: 0, layers: vec![layer], config, annotations, below: None });
        let made = made.unwrap();
        let folder = tempfile::tempdir().unwrap();
        sage_oci_files::create_dir_all(folder.path().join("blobs/sha256")).unwrap();
        for bytes in [&bytes, &made.config, &made.manifest] {
            sage_oci_files::write_new(folder.path().join(blob_path(&digest_of(bytes))), bytes).unwrap();
        }
        sage_oci_files::write_new(folder.path().join(OCI_LAYOUT), &OciLayout::bytes()).unwrap();
        sage_oci_files::write_new(folder.path().join("index.json"), &made.index).unwrap();
        let texts = read_base(folder.path(), architecture).unwrap().texts;
        assert_eq!(texts["etc/passwd"], "root:");
        assert_eq!(texts["etc/group"], "users:");
    }
}
