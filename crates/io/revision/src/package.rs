use crate::contents::Contents;
use crate::kept::{Filling, Kept, digest};
use crate::{Opening, Revision, RevisionError};
use sage_oci_deb::{Deb, DebError};
use sage_oci_files::FileError;
use sage_oci_source::{BlobId, FileKind, SourceFile, SourceTree};
use sage_oci_tree::EntryKind;
use sage_oci_wanted::Identity;
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::atomic::Ordering;

/// How a compiled file begins.
const ELF: &[u8] = b"\x7fELF";

/// Opens what a Debian package installs below a folder, as `usr/lib/python3/dist-packages`. It is unpacked once; the cache is found by its
/// digest. The version is the package's.
///
/// Of a compiled file only the name of its content is known: [`Revision::read`] has no content for it.
///
/// # Errors
/// [`RevisionError::Package`]: it is no package, or cut off. [`RevisionError::EmptyPackage`]: it installs nothing there.
pub fn package_tree(path: &Path, folder: &str, opening: &Opening<'_>) -> Result<Revision, RevisionError> {
    let cache = opening.cache.join("sources");
    let key = format!("{}.package", digest(path)?.hex());
    let found = match Kept::open(&cache, &key)? {
        Some(found) => Some(found),
        None => {
            unpack(path, Filling::begin(&cache, &key)?, opening)?;
            Kept::open(&cache, &key)?
        }
    };
    let gone = || FileError::at("read", &cache)(io::ErrorKind::NotFound.into());
    let (tree, version, kept): (SourceTree, String, Kept) = found.ok_or_else(gone)?;
    let tree = tree.below(folder);
    if tree.files.is_empty() {
        return Err(RevisionError::EmptyPackage { path: path.to_owned(), folder: folder.to_owned() });
    }
    Ok(Revision {
        tree,
        identity: Identity { version, ..Identity::default() },
        left_out: Vec::new(),
        changed: BTreeMap::new(),
        contents: Contents::Kept(kept),
    })
}

/// The whole package, for a hard link may lead to anywhere in it.
fn unpack(path: &Path, mut filling: Filling, opening: &Opening<'_>) -> Result<(), RevisionError> {
    let failed = |source: DebError| RevisionError::Package { path: path.to_owned(), source };
    let file = BufReader::with_capacity(256 * 1024, sage_oci_files::open(path)?);
    let deb = Deb::open(file).map_err(failed)?;
    let version = deb.control().stanza().map_err(failed)?.get("Version").unwrap_or_default().to_owned();
    let limit = deb.control().unpacked_limit().map_err(failed)?;
    let mut data = deb.data(limit).map_err(failed)?;
    while let Some((entry, mut body)) = data.next_entry().map_err(failed)? {
        if opening.stop.load(Ordering::Relaxed) {
            return Err(RevisionError::Stopped);
        }
        let name = entry.path.as_str().to_owned();
        match entry.kind {
            EntryKind::File { .. } => {
                let mut content = Vec::new();
                body.read_to_end(&mut content).map_err(|error| failed(error.into()))?;
                let kind = if entry.mode & 0o100 != 0 { FileKind::Executable } else { FileKind::Regular };
                let file = SourceFile { id: BlobId::of(&content), kind };
                filling.add(name, file, &content, !content.starts_with(ELF))?;
            }
            EntryKind::Symlink { target } => {
                let file = SourceFile { id: BlobId::of(target.as_bytes()), kind: FileKind::Symlink };
                filling.add(name, file, target.as_bytes(), true)?;
            }
            EntryKind::HardLink { target } => {
                // Its content is there already; dpkg refuses a link to what has not come yet.
                if let Some(file) = filling.file(target.as_str()) {
                    filling.add(name, file, &[], false)?;
                }
            }
            _ => {}
        }
    }
    filling.commit(&version)
}
