//! What a lock and a definition say together of one image.

use crate::RecipeError;
use sage_oci_definition::{Located, Resolved};
use sage_oci_effects::{Effect, OwnedEffect};
use sage_oci_lock::{ImagePlan, Lock};
use sage_oci_names::PackageName;
use std::collections::BTreeSet;

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
    check_wanted(&view, image)?;
    let files = image.extends.iter().flat_map(|base| &base.files).chain(&image.files);
    view.effects.extend(files.filter(|(file, _)| file.divert).map(|(file, _)| OwnedEffect {
        package: image.version_of.clone(),
        effect: Effect::Diversion { from: file.path.clone(), to: format!("{}.distrib", file.path), local: true },
    }));
    Ok(view)
}

/// A package that a definition asks for is in the lock: it may have been added behind the lock's back, and an image without it
/// would look like one with it. What is asked for no longer does no harm.
fn check_wanted(view: &Lock, image: &Resolved) -> Result<(), RecipeError> {
    let known: BTreeSet<&PackageName> = view.packages.iter().map(|package| &package.name).collect();
    match image.wanted.iter().find(|wanted| !known.contains(&wanted.value)) {
        None => Ok(()),
        Some(Located { value, file, line }) => Err(RecipeError::NotWanted {
            image: image.layers_of.clone(),
            package: value.clone(),
            file: file.clone(),
            line: *line,
            channel: view.channel.to_string(),
        }),
    }
}
