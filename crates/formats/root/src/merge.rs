use crate::{Content, Installed, Item, RootError};
use sage_oci_tree::ImagePath;
use std::collections::BTreeMap;

/// Sorts items by path and joins those of one path.
///
/// Directories above a path that are links in the image are replaced by what they lead to, as a script's write would be.
/// Of two directories the later one's metadata stays, like a later `install -d`.
///
/// # Errors
///
/// One path is two different things.
pub(crate) fn merge(items: Vec<Item>, installed: &Installed) -> Result<Vec<Item>, RootError> {
    let mut merged: BTreeMap<ImagePath, Item> = BTreeMap::new();
    for mut item in items {
        item.path = real_path(&item.path, installed);
        match merged.get(&item.path) {
            Some(known) if known.content == item.content && item.content != Content::Directory => {
                if (known.mode, known.uid, known.gid) != (item.mode, item.uid, item.gid) {
                    return Err(twice(&item));
                }
            }
            Some(known) if known.content != item.content => return Err(twice(&item)),
            _ => {
                merged.insert(item.path.clone(), item);
            }
        }
    }
    Ok(merged.into_values().collect())
}

fn twice(item: &Item) -> RootError {
    let origin = || "an effect".to_owned();
    RootError::Conflict { path: item.path.to_string(), first: origin(), second: origin() }
}

/// The path with its deepest existing parent resolved.
pub(crate) fn real_path(path: &ImagePath, installed: &Installed) -> ImagePath {
    let above: Vec<ImagePath> = path.ancestors().collect();
    let real = above.iter().rev().find_map(|parent| {
        let real = installed.resolve(parent.as_str())?;
        Some(real.join(&path.strip_prefix(parent)?))
    });
    real.unwrap_or_else(|| path.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installed::tests::tree;

    #[test]
    fn links_above_a_path_are_followed() {
        let installed = tree(&["run/", "var/run -> /run", "bin -> usr/bin", "usr/bin/"]);
        assert_eq!(real_path(&"var/run/x/y".parse().unwrap(), &installed), "run/x/y");
        assert_eq!(real_path(&"new/x".parse().unwrap(), &installed), "new/x");
    }

    #[test]
    fn equal_items_join_and_others_quarrel() {
        let installed = tree(&[]);
        let file = |text: &str| Item::file("/etc/x", 0o644, text).unwrap();
        assert_eq!(merge(vec![file("a"), file("a")], &installed).unwrap().len(), 1);
        assert!(merge(vec![file("a"), file("b")], &installed).is_err());
        let directory = |mode| Item::directory("/etc/d", mode).unwrap();
        assert_eq!(merge(vec![directory(0o755), directory(0o700)], &installed).unwrap()[0].mode, 0o700);
        assert!(merge(vec![directory(0o755), Item::symlink("/etc/d", "x").unwrap()], &installed).is_err());
    }
}
