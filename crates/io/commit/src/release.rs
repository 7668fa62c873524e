//! The release that was packaged: its source, what the package installs, and the patches.

use crate::{CommitError, Request};
use sage_oci_definition::Source;
use sage_oci_fetch::{Options, Progress, Wanted, fetch_all};
use sage_oci_git::apply;
use sage_oci_rebuild::{Packaged, Shape};
use sage_oci_revision::{Opening, Revision, archive_tree, package_tree};
use sage_oci_source::{BlobId, FileKind, SourceFile, SourceTree};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The release with its contents.
pub(crate) struct Release {
    pub(crate) packaged: Packaged,
    pub(crate) source: Revision,
    pub(crate) installed: Revision,
    /// Contents that only patches make.
    pub(crate) patched: BTreeMap<BlobId, Vec<u8>>,
}

impl Release {
    /// Brings what is not here and opens it.
    pub(crate) fn open(
        request: &Request<'_>,
        shape: &Shape,
        folder: &Path,
        options: &Options,
        progress: &dyn Progress,
        opening: &Opening<'_>,
    ) -> Result<Self, CommitError> {
        let source = request.source()?;
        let archive = fetch_source(source, folder, options, progress)?;
        let package = fetch_package(request, folder, options, progress)?;
        let mut tree = archive_tree(&archive, opening)?;
        let modules = request.upstream()?.modules.trim_start_matches('/').to_owned();
        let installed = package_tree(&package, &modules, opening)?;
        let (patches, patched) = patch(request, source, &mut tree)?;
        let packaged = Packaged::new(tree.tree.clone(), installed.tree.clone(), patches, shape);
        Ok(Self { packaged, source: tree, installed, patched })
    }

    /// A content of the release, or of the package.
    pub(crate) fn read(&mut self, id: BlobId) -> Result<Vec<u8>, CommitError> {
        if let Some(content) = self.patched.get(&id) {
            return Ok(content.clone());
        }
        let is_release = self.packaged.release.files.values().any(|file| file.id == id);
        Ok(if is_release { self.source.read(id)? } else { self.installed.read(id)? })
    }
}

/// What patches make of the release's files, and the contents.
fn patch(
    request: &Request<'_>,
    source: &Source,
    tree: &mut Revision,
) -> Result<(SourceTree, BTreeMap<BlobId, Vec<u8>>), CommitError> {
    let (mut changed, mut contents) = (SourceTree::default(), BTreeMap::new());
    for name in &source.patches {
        let text = request.files.get(name).map_or("", String::as_str);
        let mut failed = None;
        let before = |path: &str| {
            let known = changed.id(path).and_then(|id| contents.get(&id).cloned());
            known.or_else(|| {
                tree.file(path).unwrap_or_else(|error| {
                    failed = Some(error);
                    None
                })
            })
        };
        let after = apply(text, before);
        if let Some(error) = failed {
            return Err(error.into());
        }
        let after = after.map_err(|source| CommitError::Patch { patch: name.clone(), source })?;
        for (path, content) in after {
            let Some(content) = content else { continue };
            let kind = tree.tree.files.get(&path).map_or(FileKind::Regular, |file| file.kind);
            let id = BlobId::of(&content);
            changed.files.insert(path, SourceFile { id, kind });
            contents.insert(id, content);
        }
    }
    Ok((changed, contents))
}

fn fetch_source(
    source: &Source,
    folder: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<PathBuf, CommitError> {
    let archive = source.archive();
    let target = folder.join(format!("{}.deb", source.sha256.hex()));
    let wanted = Wanted {
        path: archive.file_name().to_owned(),
        sha256: source.sha256,
        size: source.size,
        target: target.clone(),
    };
    fetch_all(&[wanted], &archive.roots(), options, progress)?;
    Ok(target)
}

fn fetch_package(
    request: &Request<'_>,
    folder: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<PathBuf, CommitError> {
    let name = &request.upstream()?.package;
    let package = request.lock.packages.iter().find(|package| package.name == *name);
    let package = package.ok_or_else(|| CommitError::NoPackage { package: name.to_string() })?;
    let target = folder.join(format!("{}.deb", package.sha256.hex()));
    let wanted =
        Wanted { path: package.path.clone(), sha256: package.sha256, size: package.size, target: target.clone() };
    fetch_all(&[wanted], request.lock.mirrors(package.suite.as_deref()), options, progress)?;
    Ok(target)
}
