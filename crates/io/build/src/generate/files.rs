use super::merge::real_path;
use crate::owners::Owners;
use crate::paths::image_path;
use crate::{BuildError, Installed, Item};
use sage_oci_recipe::{PlacedContent, PlacedFile};

/// The files that an image's definition places, as they are.
///
/// # Errors
///
/// A package ships one of them, and it is not diverted: an upgrade would bring the package's file back, unseen.
pub(crate) fn files(files: &[PlacedFile], owners: Owners<'_>, installed: &Installed) -> Result<Vec<Item>, BuildError> {
    let place = |file: &PlacedFile| {
        let path = real_path(&image_path(&file.path)?, installed);
        let package = installed.get(&path).and_then(|node| node.package.clone());
        if let (Some(package), false) = (package, matches!(file.content, PlacedContent::Directory(_))) {
            return Err(BuildError::Shipped { path, package });
        }
        let (uid, gid) = owners.of(&file.owner, &file.group, &file.path)?;
        let item = match &file.content {
            PlacedContent::Text(text) => Item::file(&file.path, file.mode.bits(), text.clone()),
            PlacedContent::Link(target) => Item::symlink(&file.path, target.clone()),
            PlacedContent::Directory(_) => Item::directory(&file.path, file.mode.bits()),
        };
        Ok(item?.owned(uid, gid))
    };
    files.iter().map(place).collect()
}
