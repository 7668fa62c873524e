use crate::merge::real_path;
use crate::packaged::Packaged;
use crate::paths::image_path;
use crate::{Installed, Item, Owners, Packages, RootError};
use sage_oci_git::{PatchError, apply};
use sage_oci_step::{PlacedContent, PlacedFile, SourcePatch};

/// The files that an image's definition places, as they are.
///
/// # Errors
///
/// A package ships one of them, and it is not diverted: an upgrade would bring the package's file back, unseen. A patch does
/// not apply, or its package has no such file.
pub(crate) fn files<P: Packages>(
    files: &[PlacedFile],
    owners: Owners<'_>,
    installed: &Installed,
    packaged: &mut Packaged<P>,
) -> Result<Vec<Item>, P::Error> {
    let place = |file: &PlacedFile| {
        let path = real_path(&image_path(&file.path)?, installed);
        let package = installed.get(&path).and_then(|node| node.package.clone());
        if let (Some(package), false) = (package, matches!(file.content, PlacedContent::Directory(_))) {
            return Err(RootError::Shipped { path: path.into(), package }.into());
        }
        let (uid, gid) = owners.of(&file.owner, &file.group, &file.path)?;
        let item = match &file.content {
            PlacedContent::Text(text) => Item::file(&file.path, file.mode.bits(), text.clone()),
            PlacedContent::Patch { package, patch } => {
                let changed = patched(packaged.of(package, path.as_str())?, path.as_str(), patch)?;
                Item::file(&file.path, file.mode.bits(), changed)
            }
            PlacedContent::Link(target) => Item::symlink(&file.path, target.clone()),
            PlacedContent::Directory(_) => Item::directory(&file.path, file.mode.bits()),
        };
        Ok(item?.owned(uid, gid))
    };
    files.iter().map(place).collect()
}

/// A packaged file after a patch, which names it and no other.
fn patched(content: &[u8], path: &str, patch: &SourcePatch) -> Result<Vec<u8>, RootError> {
    let failed = |source| RootError::Patch { patch: patch.name.clone(), source };
    let mut changed = apply(&patch.text, |named| (named == path).then(|| content.to_vec())).map_err(failed)?;
    match (changed.remove(path).flatten(), changed.pop_first()) {
        (Some(content), None) => Ok(content),
        (_, other) => {
            let named = other.map_or_else(|| path.to_owned(), |(named, _)| named);
            Err(failed(PatchError::Presence { path: named, present: false }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(path: &str, old: &str) -> SourcePatch {
        let text = format!("why\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-{old}\n+new\n");
        SourcePatch { name: "x.patch".to_owned(), text }
    }

    #[test]
    fn a_patch_fits_exactly_and_names_the_file_alone() {
        let apply = |patch: &SourcePatch| patched(b"old\n", "usr/lib/x.js", patch);
        assert_eq!(apply(&patch("usr/lib/x.js", "old")).unwrap(), b"new\n");
        let two = format!("{}{}", patch("usr/lib/x.js", "old").text, patch("usr/lib/y.js", "old").text);
        let two = SourcePatch { name: "x.patch".to_owned(), text: two };
        for patch in [patch("usr/lib/x.js", "other"), patch("usr/lib/y.js", "old"), two] {
            let error = apply(&patch).unwrap_err();
            assert!(matches!(&error, RootError::Patch { patch, .. } if patch == "x.patch"), "{error}");
        }
    }
}
