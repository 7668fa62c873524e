//! What a lock and a definition say together of one image.

use crate::RecipeError;
use sage_oci_definition::Resolved;
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_lock::{ImagePlan, Lock};
use sage_oci_names::Architecture;
use std::collections::BTreeMap;

/// What steps are made from, beside the lock and the image.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The architecture of the machine that builds.
    pub machine: Architecture,
    /// The text of apt's sources in the image.
    pub sources: &'a str,
    /// The contents of the definition's source files, by name.
    pub files: &'a BTreeMap<String, String>,
}

/// The plan of an image's layers.
pub(crate) fn plan<'l>(lock: &'l Lock, image: &Resolved) -> Result<&'l ImagePlan, RecipeError> {
    let plan = lock.images.get(&image.layers_of);
    // A lock from before the image extended another one, or from after.
    let plan = plan.filter(|plan| plan.extends == image.extends.as_ref().map(|base| base.layers_of.clone()));
    plan.ok_or_else(|| RecipeError::NotLocked { image: image.layers_of.clone(), channel: lock.channel.to_string() })
}

/// The lock as an image sees it, with the diversions of its definition behind those of scripts.
pub(crate) fn view(lock: &Lock, image: &Resolved) -> Result<Lock, RecipeError> {
    plan(lock, image)?;
    let mut view = lock
        .view(&image.layers_of)
        .ok_or_else(|| RecipeError::NotLocked { image: image.layers_of.clone(), channel: lock.channel.to_string() })?;
    let files = image.extends.iter().flat_map(|base| &base.files).chain(&image.files);
    view.effects.extend(files.filter(|(file, _)| file.divert).map(|(file, _)| OwnedEffect {
        package: image.version_of.clone(),
        effect: Effect::Diversion { from: file.path.clone(), to: format!("{}.distrib", file.path), local: true },
    }));
    Ok(view)
}
