//! The release that was packaged: its source, what the package installs, and the patches.

use crate::{CommitError, Request};
use sage_oci_definition::Source;
use sage_oci_fetch::{Progress, Wanted, fetch_all};
use sage_oci_git::apply;
use sage_oci_names::Sha256;
use sage_oci_produce::Downloads;
use sage_oci_rebuild::{Packaged, Shape};
use sage_oci_revision::{Opening, Revision, archive_tree, package_tree};
use sage_oci_source::{BlobId, FileKind, SourceFile, SourceTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The release with its contents.
pub(crate) struct Release {
    pub(crate) packaged: Packaged,
    source: Revision,
    /// The contents that the source has.
    of_source: BTreeSet<BlobId>,
    installed: Revision,
    /// Contents that only patches make.
    patched: BTreeMap<BlobId, Vec<u8>>,
}

impl Release {
    /// Brings what is not here and opens it.
    pub(crate) fn open(
        request: &Request<'_>,
        shape: &Shape,
        downloads: &Downloads,
        progress: &dyn Progress,
        opening: &Opening<'_>,
    ) -> Result<Self, CommitError> {
        let source = request.source()?;
        let [archive, package] = fetch(request, downloads, progress)?;
        let mut tree = archive_tree(&archive, opening)?;
        let modules = request.upstream()?.modules.trim_start_matches('/').to_owned();
        let installed = package_tree(&package, &modules, opening)?;
        let (patches, patched) = patch(request, source, &mut tree)?;
        let packaged = Packaged::new(tree.tree.clone(), installed.tree.clone(), patches, shape);
        let of_source = tree.tree.files.values().map(|file| file.id).collect();
        Ok(Self { packaged, source: tree, of_source, installed, patched })
    }

    /// A content of the release, or of the package.
    pub(crate) fn read(&mut self, id: BlobId) -> Result<Vec<u8>, CommitError> {
        if let Some(content) = self.patched.get(&id) {
            return Ok(content.clone());
        }
        Ok(if self.of_source.contains(&id) { self.source.read(id)? } else { self.installed.read(id)? })
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

/// Brings the release's source and the package, and says where they are.
fn fetch(request: &Request<'_>, downloads: &Downloads, progress: &dyn Progress) -> Result<[PathBuf; 2], CommitError> {
    let (source, name) = (request.source()?, &request.upstream()?.package);
    let package = request.lock.packages.iter().find(|package| package.name == *name);
    let package = package.ok_or_else(|| CommitError::NoPackage { package: name.to_string() })?;
    let bring = |path: &str, sha256: Sha256, size: u64, mirrors: &[String]| -> Result<PathBuf, CommitError> {
        let target = downloads.archive(&sha256);
        let wanted = Wanted { path: path.to_owned(), sha256, size, target: target.clone() };
        fetch_all(&[wanted], mirrors, &downloads.options, progress)?;
        Ok(target)
    };
    let archive = source.archive();
    Ok([
        bring(archive.file_name(), archive.sha256, archive.size, &archive.roots())?,
        bring(&package.path, package.sha256, package.size, request.lock.mirrors(package.suite.as_deref()))?,
    ])
}
