use crate::packaged::Packaged;
use crate::pam::pam_profiles;
use crate::paths::image_path;
use crate::xml::xml_catalogs;
use crate::{Installed, Item, Owners, Packages, RootError};
use sage_oci_effects::{Document, Effect, OwnedEffect};
use std::collections::BTreeSet;

/// What packages' scripts make: directories, links, files, copies, and the documents that tools of the target compute.
///
/// # Errors
///
/// An owner is unknown, a file to copy is not there, or a profile or catalog cannot be read.
pub(crate) fn configuration<P: Packages>(
    effects: &[OwnedEffect],
    installed: &Installed,
    owners: Owners<'_>,
    packaged: &mut Packaged<P>,
) -> Result<Vec<Item>, P::Error> {
    packaged.load(installed, &copied(effects)?)?;
    let mut items = Vec::new();
    let mut shells: Vec<&str> = Vec::new();
    let (mut pam, mut xml) = (false, Vec::new());
    for owned in effects {
        match &owned.effect {
            Effect::Directory { path, mode, owner, group } => {
                let (uid, gid) = owners.of(owner, group, path)?;
                items.push(Item::directory(path, mode.bits())?.owned(uid, gid));
            }
            Effect::Symlink { path, target } => items.push(Item::symlink(path, target.clone())?),
            Effect::File { path, mode, owner, group, content } => {
                let (uid, gid) = owners.of(owner, group, path)?;
                items.push(Item::file(path, mode.bits(), content.clone())?.owned(uid, gid));
            }
            Effect::Copy { from, to, mode, owner, group } => {
                let (uid, gid) = owners.of(owner, group, to)?;
                let bytes = packaged.get(image_path(from)?.as_str())?;
                items.push(Item::file(to, mode.bits(), bytes)?.owned(uid, gid));
            }
            Effect::Shell { path } if !shells.contains(&path.as_str()) => shells.push(path),
            Effect::Computed { document: Document::PamProfiles } => pam = true,
            Effect::Computed { document: Document::XmlCatalogs } => xml.push(&owned.package),
            _ => {}
        }
    }
    if !shells.is_empty() {
        let text = format!("# /etc/shells: valid login shells\n{}\n", shells.join("\n"));
        items.push(Item::file("/etc/shells", 0o644, text)?);
    }
    if pam {
        items.extend(pam_profiles(installed, packaged)?);
    }
    if !xml.is_empty() {
        items.extend(xml_catalogs(&xml, installed, packaged)?);
    }
    Ok(items)
}

fn copied(effects: &[OwnedEffect]) -> Result<BTreeSet<String>, RootError> {
    let from = |owned: &OwnedEffect| match &owned.effect {
        Effect::Copy { from, .. } => Some(image_path(from).map(String::from)),
        _ => None,
    };
    effects.iter().filter_map(from).collect()
}
