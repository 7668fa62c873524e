use crate::{Commit, Packaged, Shape};
use sage_oci_meson::{Description, Installed};
use sage_oci_source::{BlobId, FileKind};
use std::collections::BTreeMap;

/// What becomes of an installed path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A file of the tree stands there.
    File {
        /// Its content.
        id: BlobId,
        /// Whether it may be executed.
        executable: bool,
    },
    /// Nothing does any longer.
    Removed,
}

/// The installed files that a commit changes, apart from compiled modules, by path below the folder of modules.
///
/// Without meson's word the same files are installed as of the release.
pub(crate) fn changes(
    shape: &Shape,
    packaged: &Packaged,
    commit: &Commit,
    now_and_before: Option<(&Description, &Description)>,
) -> BTreeMap<String, Change> {
    let mut changes = BTreeMap::new();
    let file = |path: &str| {
        let file = commit.tree.files.get(path).filter(|file| file.kind != FileKind::Symlink)?;
        Some(Change::File { id: file.id, executable: file.kind == FileKind::Executable })
    };
    for (installed, there) in &packaged.installed.files {
        let source = shape.source(installed);
        if shape.installed(&source).is_none() || packaged.is_generated(&source) || installed.ends_with(".so") {
            continue;
        }
        let is_installed = now_and_before.is_none_or(|(now, before)| {
            let exists = |path: &str| commit.tree.files.contains_key(path);
            let before = before.install.destination(&source).is_some();
            !before || now.install.source(installed, exists).is_some()
        });
        match file(&source).filter(|_| is_installed) {
            None => drop(changes.insert(installed.clone(), Change::Removed)),
            Some(Change::File { id, .. }) if id == there.id => {}
            Some(change) => drop(changes.insert(installed.clone(), change)),
        }
    }
    if let Some((now, before)) = now_and_before {
        for path in commit.tree.files.keys().filter(|path| shape.installed(path).is_some()) {
            let Some(installed) = now.install.destination(path) else { continue };
            let is_known = packaged.installed.files.contains_key(&installed);
            // What the release installs and the package does not, the distribution has left out.
            let left_out = packaged.release.files.contains_key(path) && before.install.destination(path).is_some();
            if !is_known && !left_out {
                changes.extend(file(path).map(|change| (installed, change)));
            }
        }
        for (target, module) in &before.modules {
            let installed = shape.installed(target).filter(|path| packaged.installed.files.contains_key(*path));
            if let (Some(installed), false) = (installed, now.modules.contains_key(&module.target)) {
                changes.insert(installed.to_owned(), Change::Removed);
            }
        }
    }
    changes
}

/// Files that `meson setup` writes and the package has, too: from the build folder, by installed path.
pub(crate) fn configured(packaged: &Packaged, now: &Description) -> BTreeMap<String, String> {
    let all = now.install.files.iter().filter_map(|(to, from)| match from {
        Installed::Configured(from) => Some((to.clone(), from.clone())),
        Installed::Source(_) | Installed::Built(_) => None,
    });
    all.filter(|(to, _)| packaged.installed.files.contains_key(to)).collect()
}
