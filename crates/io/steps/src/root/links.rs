use super::unpack::describe;
use crate::StepError;
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_root::{Content, Filter, Installed, Item, Node, NodeKind, RootError, alternatives, image_path};
use std::collections::BTreeMap;

/// The links that a root with a merged `/usr` has at its top, where the folders are there.
const MERGED: [&str; 6] = ["bin", "lib", "lib32", "lib64", "libx32", "sbin"];

/// Adds the links that no package brings: of a merged `/usr`, of alternatives, those that scripts make, and those of the step.
///
/// A candidate that is not in the root is none: its package is not in the set, or a rule leaves it out. As everywhere, an
/// alternative's link does not take the place of a file.
pub(super) fn add(
    installed: &mut Installed,
    effects: &[OwnedEffect],
    links: &BTreeMap<String, String>,
    filter: &Filter,
) -> Result<(), StepError> {
    for name in MERGED {
        let target = format!("usr/{name}");
        if installed.get(name).is_none() && !filter.leaves_out_file(&format!("/{name}")) {
            let there = installed.get(&target).is_some() || installed.below(&target).next().is_some();
            if there {
                insert(installed, Item::symlink(name, target)?)?;
            }
        }
    }
    let there: Vec<OwnedEffect> = effects
        .iter()
        .filter(|owned| match &owned.effect {
            Effect::Alternative { path, .. } => installed.exists(path),
            _ => false,
        })
        .cloned()
        .collect();
    for item in alternatives(&there, installed, filter)? {
        // The database of update-alternatives is of no use here.
        if item.content.is_symlink() {
            insert(installed, item)?;
        }
    }
    for owned in effects {
        if let Effect::Symlink { path, target } = &owned.effect {
            take_empty_directory(installed, path)?;
            insert(installed, Item::symlink(path, target.clone())?)?;
        }
    }
    for (path, target) in links {
        insert(installed, Item::symlink(path, target.clone())?)?;
    }
    Ok(())
}

/// A link that a script makes takes the place of an empty directory.
fn take_empty_directory(installed: &mut Installed, path: &str) -> Result<(), RootError> {
    let path = image_path(path)?;
    let directory = installed.get(&path).is_some_and(|node| node.kind.is_directory());
    if directory && installed.below(&path).next().is_none() {
        installed.remove(&path);
    }
    Ok(())
}

fn insert(installed: &mut Installed, item: Item) -> Result<(), StepError> {
    let Item { path, content, .. } = item;
    let Content::Symlink(target) = content else { return Ok(()) };
    let node = Node { kind: NodeKind::Symlink(target), mode: 0o755, uid: 0, gid: 0, package: None };
    match installed.get(&path) {
        None => _ = installed.insert(path, node),
        Some(known) if known.kind == node.kind => {}
        // What update-alternatives and scripts make takes the place of a packaged link, and of nothing else.
        Some(known) if known.kind.is_symlink() && known.package.is_some() => _ = installed.insert(path, node),
        Some(known) => {
            let (first, second) = (describe(known), describe(&node));
            return Err(RootError::Conflict { path: path.into(), first, second }.into());
        }
    }
    Ok(())
}
