use crate::owners::Owners;
use crate::{BuildError, Item};
use sage_oci_recipe::{PlacedContent, PlacedFile};

/// The files that an image's definition places, as they are.
pub(crate) fn files(files: &[PlacedFile], owners: Owners<'_>) -> Result<Vec<Item>, BuildError> {
    let place = |file: &PlacedFile| {
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
