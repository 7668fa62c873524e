use crate::contents::{Contents, at};
use crate::{Opening, Revision, RevisionError, whole};
use sage_oci_source::{BlobId, FileKind, SourceFile, SourceTree};
use sage_oci_wanted::Identity;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// What Python leaves beside what it has read; no source has it.
const LEFT: &str = "__pycache__";

/// Opens a folder that is an unpacked archive.
pub(crate) fn unpacked(folder: &Path, opening: &Opening<'_>) -> Result<Revision, RevisionError> {
    let (mut tree, mut places) = (SourceTree::default(), BTreeMap::new());
    walk(folder, "", opening, &mut tree, &mut places)?;
    let mut revision = Revision {
        tree,
        identity: Identity::default(),
        left_out: Vec::new(),
        changed: BTreeMap::new(),
        contents: Contents::Folder(places),
    };
    whole::complete(&mut revision, &format!("`{}`", folder.display()), opening.project)?;
    Ok(revision)
}

fn walk(
    folder: &Path,
    below: &str,
    opening: &Opening<'_>,
    tree: &mut SourceTree,
    places: &mut BTreeMap<BlobId, PathBuf>,
) -> Result<(), RevisionError> {
    for place in sage_oci_files::list(folder)? {
        if opening.stop.load(Ordering::Relaxed) {
            return Err(RevisionError::Stopped);
        }
        let name = place.file_name().unwrap_or_default();
        let Some(name) = name.to_str() else {
            return Err(RevisionError::NotUtf8 { name: format!("{below}{}", name.to_string_lossy()) });
        };
        let path = format!("{below}{name}");
        let metadata = sage_oci_files::metadata(&place)?;
        let kind = match metadata.file_type() {
            kind if kind.is_dir() => {
                if name != LEFT {
                    walk(&place, &format!("{path}/"), opening, tree, places)?;
                }
                continue;
            }
            kind if kind.is_symlink() => FileKind::Symlink,
            kind if kind.is_file() && metadata.permissions().mode() & 0o100 != 0 => FileKind::Executable,
            kind if kind.is_file() => FileKind::Regular,
            _ => return Err(RevisionError::Special { path }),
        };
        let id = BlobId::of(&at(&place)?);
        tree.files.insert(path, SourceFile { id, kind });
        places.insert(id, place);
    }
    Ok(())
}
